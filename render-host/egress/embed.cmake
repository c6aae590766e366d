# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DIN=page.html -DOUT=page.c -DNAME=sek_page_x -P embed.cmake: a text file as a terminated array of bytes.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "#include \"render-host/egress/page.h\"\nconst unsigned char ${NAME}[] = {\n${bytes}0x00\n};\n")
