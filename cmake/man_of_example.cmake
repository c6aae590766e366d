# SPDX-License-Identifier: GPL-3.0-or-later
#
# A configuration file's manual page is its commented example, so that there is one home for what each key means:
#   cmake -DEXAMPLE=FILE.example.yaml -DNAME=broker.yaml -DTITLE="..." -DPROGRAM=sekisho-broker -DOUT=FILE -P man_of_example.cmake
string(TOUPPER ${NAME} upper)
set(page ".TH ${upper} 5 \"\" \"Sekisho\" \"File formats\"\n.SH NAME\n${NAME} \\- ${TITLE}\n.SH DESCRIPTION\nYAML. Unknown keys are refused. This is the example with every key:\n.PP\n.nf\n")
file(READ ${EXAMPLE} text)
string(REGEX REPLACE "^# SPDX[^\n]*\n" "" text "${text}")
string(REPLACE "\\" "\\e" text "${text}")
string(REPLACE "-" "\\-" text "${text}")
string(REGEX REPLACE "\n([.'])" "\n\\\\&\\1" text "${text}")
file(WRITE ${OUT} ".\\\" SPDX-License-Identifier: GPL-3.0-or-later\n${page}${text}.fi\n.SH SEE ALSO\n.BR ${PROGRAM}\n")
