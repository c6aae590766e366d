# SPDX-License-Identifier: GPL-3.0-or-later
# Every library that the project links, found once. All are Debian 12 packages (tests/support/packages lists them).
find_package(PkgConfig REQUIRED)
foreach(pair
    "UV libuv" "GNUTLS gnutls" "WEBSOCKETS libwebsockets" "CYAML libcyaml" "JANSSON jansson" "SODIUM libsodium"
    "SQLITE sqlite3" "PQ libpq" "OPENSSL openssl" "TURBOJPEG libturbojpeg" "LZ4 liblz4" "ZSTD libzstd" "SECCOMP libseccomp"
    "XCB xcb" "XCB_DAMAGE xcb-damage" "XCB_XFIXES xcb-xfixes" "XCB_XTEST xcb-xtest" "XCB_RANDR xcb-randr"
    "XCB_XKB xcb-xkb" "XCB_XINPUT xcb-xinput" "XKBCOMMON xkbcommon" "XKBCOMMON_X11 xkbcommon-x11" "IBUS ibus-1.0" "LDAP ldap" "OATH liboath"
    "QRENCODE libqrencode" "AVCODEC libavcodec" "AVFORMAT libavformat" "AVUTIL libavutil" "SWSCALE libswscale" "TESSERACT tesseract"
    "LEPT lept" "POPPLER poppler-glib" "VNCCLIENT libvncclient" "VNCSERVER libvncserver" "FREERDP freerdp2" "WINPR winpr2" "ZLIB zlib" "SDL sdl2" "CHECK check"
    "CAIRO_FT cairo-ft" "CAIRO_PDF cairo-pdf" "FREETYPE freetype2" "FONTCONFIG fontconfig" "ARCHIVE libarchive" "PNG libpng"
    "WEBP libwebp" "TIFF libtiff-4")
  separate_arguments(pair)
  list(GET pair 0 name)
  list(GET pair 1 module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
endforeach()
find_package(Threads REQUIRED)
find_package(Cups REQUIRED) # has no file for pkg-config
