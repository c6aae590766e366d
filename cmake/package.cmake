# SPDX-License-Identifier: GPL-3.0-or-later
#
# Debian packages by CPack, one for each machine's part; what each holds stands in cmake/install.cmake.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sekisho)
set(CPACK_PACKAGE_VENDOR Sekisho)
set(CPACK_PACKAGE_CONTACT "The Sekisho project <sekisho@packages.invalid>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL broker render-host client doc)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_BROKER_PACKAGE_NAME sekisho-broker)
set(CPACK_DEBIAN_BROKER_PACKAGE_SUGGESTS "postgresql")
set(CPACK_DEBIAN_BROKER_PACKAGE_DEPENDS "libwebsockets-evlib-uv, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_BROKER_PACKAGE_RECOMMENDS "tesseract-ocr-jpn, tesseract-ocr-eng")
set(CPACK_DEBIAN_BROKER_PACKAGE_SUGGESTS "sekisho-doc, nftables, apparmor")
set(CPACK_COMPONENT_BROKER_DESCRIPTION "Secure screen transfer: the broker at the boundary of two networks
 Staff of a protected network browse the web in isolated browsers of the outer
 zone; only pixels come in. This package holds the broker, its jailed helpers,
 the web client, sekishoctl and the tools for certificates and recordings.")

set(CPACK_DEBIAN_RENDER-HOST_PACKAGE_NAME sekisho-render-host)
set(CPACK_DEBIAN_RENDER-HOST_PACKAGE_DEPENDS "chromium, xvfb, x11-xkb-utils, xkb-data, ibus, ibus-gtk3, dbus-daemon, bubblewrap, fonts-noto-cjk, poppler-data, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_RENDER-HOST_PACKAGE_RECOMMENDS "chromium-l10n, fonts-noto-color-emoji, ibus-gtk4, libreoffice-writer-nogui, libreoffice-calc-nogui, libreoffice-impress-nogui")
set(CPACK_DEBIAN_RENDER-HOST_PACKAGE_SUGGESTS "sekisho-doc, nftables, apparmor")
set(CPACK_COMPONENT_RENDER-HOST_DESCRIPTION "Secure screen transfer: render host with one sandboxed browser a session
 Runs in the outer zone, takes connections of brokers and never opens one
 towards them. Each session is a Chromium in namespaces of its own.")

set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME sekisho-client)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SUGGESTS "opensc, sekisho-doc")
set(CPACK_COMPONENT_CLIENT_DESCRIPTION "Secure screen transfer: native client and load test
 sekisho-viewer is for thin clients and kiosks (a web browser needs nothing
 installed); sekisho-load finds out how many staff a farm holds.")

set(CPACK_DEBIAN_DOC_PACKAGE_NAME sekisho-doc)
set(CPACK_DEBIAN_DOC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DOC_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DOC_PACKAGE_SECTION doc)
set(CPACK_COMPONENT_DOC_DESCRIPTION "Secure screen transfer: documentation
 How to run it (in Japanese and English), what it promises and what it does
 not, its protocol and interfaces, rules and dashboards for monitoring.")

foreach(pair "BROKER broker/package" "RENDER-HOST render-host/package")
  separate_arguments(pair)
  list(GET pair 0 component)
  list(GET pair 1 folder)
  set(scripts "")
  foreach(script postinst prerm postrm)
    list(APPEND scripts ${CMAKE_SOURCE_DIR}/${folder}/${script})
  endforeach()
  set(CPACK_DEBIAN_${component}_PACKAGE_CONTROL_EXTRA ${scripts} ${CMAKE_SOURCE_DIR}/${folder}/conffiles)
endforeach()
include(CPack)
