# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is installed where, and what each Debian package holds: the one list. A package is a component:
#   cmake --install BUILD --component client         a thin client, by hand
#   cmake --build BUILD --target package             sekisho-{broker,render-host,client,doc}_VERSION_ARCH.deb
# Programs that other programs start lie together in SEK_LIBEXEC, where each finds its siblings; those that people type have a link in a
# folder of PATH. tests/support/lint looks for programs that no package holds.
include(GNUInstallDirs)
set(SEK_LIBEXEC ${CMAKE_INSTALL_LIBEXECDIR}/sekisho)

# sek_programs(COMPONENT TARGET...)
function(sek_programs component)
  install(TARGETS ${ARGN} RUNTIME DESTINATION ${SEK_LIBEXEC} COMPONENT ${component})
endfunction()

# sek_commands(COMPONENT DIRECTORY NAME...): links in DIRECTORY (bin, sbin) to programs of SEK_LIBEXEC
function(sek_commands component directory)
  foreach(name ${ARGN})
    set(link ${CMAKE_BINARY_DIR}/links/${directory}/${name})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/links/${directory})
    file(CREATE_LINK ../${SEK_LIBEXEC}/${name} ${link} SYMBOLIC)
    install(FILES ${link} DESTINATION ${directory} COMPONENT ${component})
  endforeach()
endfunction()

# sek_man(COMPONENT PAGE...): pages of docs/man
function(sek_man component)
  foreach(page ${ARGN})
    string(REGEX REPLACE ".*\\.([0-9])$" "\\1" section ${page})
    install(FILES ${CMAKE_SOURCE_DIR}/docs/man/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
  endforeach()
endfunction()

# sek_man_of_example(COMPONENT EXAMPLE NAME "TITLE" PROGRAM): a configuration file's page, made of its commented example
function(sek_man_of_example component example name title program)
  set(page ${CMAKE_BINARY_DIR}/man/${name}.5)
  add_custom_command(OUTPUT ${page}
    COMMAND ${CMAKE_COMMAND} -DEXAMPLE=${CMAKE_SOURCE_DIR}/${example} -DNAME=${name} -DTITLE=${title} -DPROGRAM=${program} -DOUT=${page}
      -P ${CMAKE_SOURCE_DIR}/cmake/man_of_example.cmake
    DEPENDS ${example} cmake/man_of_example.cmake VERBATIM)
  add_custom_target(man-${name} ALL DEPENDS ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT ${component})
endfunction()

# sek_service(COMPONENT FOLDER NAME): a unit and what goes with it
function(sek_service component folder name)
  install(FILES ${folder}/${name}.service DESTINATION lib/systemd/system COMPONENT ${component})
  install(FILES ${folder}/${name}.sysusers DESTINATION lib/sysusers.d RENAME ${name}.conf COMPONENT ${component} OPTIONAL)
  install(FILES ${folder}/${name}.tmpfiles DESTINATION lib/tmpfiles.d RENAME ${name}.conf COMPONENT ${component})
  install(FILES ${folder}/${name}.apparmor DESTINATION /etc/apparmor.d RENAME usr.libexec.sekisho.${name} COMPONENT ${component})
endfunction()

# sek_completions(COMPONENT NAME...): bash looks for a file of the command's name
function(sek_completions component)
  foreach(name ${ARGN})
    install(FILES ${CMAKE_SOURCE_DIR}/client/ctl/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${name}
      COMPONENT ${component})
  endforeach()
endfunction()

# --- sekisho-broker ---
sek_programs(broker
  sekisho-broker sekisho-setup sekisho-decoder sekisho-decoder-enrol sekisho-decoder-vnc sekisho-decoder-rdp sekisho-encoder sekisho-encoder-rfb sekisho-film sekisho-words sekisho-recording
  sekisho-recording-feed sekisho-recording-export sekisho-recording-verify sekisho-audit-verify sekisho-paper sekishoctl sekisho-certs
  sekisho-backup sekisho-key)
sek_commands(broker sbin sekisho-broker sekishoctl sekisho-setup)
sek_commands(broker bin sekisho-certs sekisho-recording sekisho-recording-export sekisho-recording-verify sekisho-audit-verify
  sekisho-backup sekisho-key)
sek_completions(broker sekisho-broker sekishoctl sekisho-setup sekisho-certs sekisho-recording sekisho-recording-export sekisho-recording-verify sekisho-audit-verify
  sekisho-backup)
install(DIRECTORY ${CMAKE_BINARY_DIR}/web DESTINATION ${CMAKE_INSTALL_DATADIR}/sekisho COMPONENT broker)
install(FILES broker/hub/broker.example.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}-broker COMPONENT broker)
sek_service(broker broker/package sekisho-broker)
install(FILES broker/package/sekisho-backup.service broker/package/sekisho-backup.timer DESTINATION lib/systemd/system COMPONENT broker)
install(FILES broker/package/sekisho-broker.sysctl DESTINATION lib/sysctl.d RENAME 60-sekisho-broker.conf COMPONENT broker)
install(FILES broker/package/sekisho-broker-firewall.service DESTINATION lib/systemd/system COMPONENT broker)
install(FILES broker/package/broker.nft broker/package/balancer.nft broker/package/database.nft DESTINATION ${CMAKE_INSTALL_DATADIR}/sekisho/nftables COMPONENT broker)
install(FILES broker/package/zones.example.nft broker/package/haproxy.example.cfg DESTINATION ${CMAKE_INSTALL_DOCDIR}-broker COMPONENT broker)
sek_man(broker sekisho-setup.8 sekishoctl.8 sekisho-audit-verify.8 sekisho-recording-verify.8 sekisho-broker.8 sekisho-certs.8 sekisho-recording.8
  sekisho-recording-export.8 sekisho-backup.8 sekisho-key.8
  sekisho-decoder.8 sekisho-decoder-enrol.8 sekisho-decoder-vnc.8 sekisho-decoder-rdp.8 sekisho-encoder.8 sekisho-encoder-rfb.8
  sekisho-paper.8 sekisho-film.8 sekisho-words.8 sekisho-recording-feed.8
  sekisho-audit.5 sekisho-recording.5 sekisho-pki.5 sekisho-selfcheck.5)
sek_man_of_example(broker broker/hub/broker.example.yaml broker.yaml "configuration of the Sekisho broker" "sekisho\\-broker (8)")

# --- sekisho-render-host ---
sek_programs(render-host
  sekisho-renderd sekisho-setup-host sekisho-sandbox sekisho-capture sekisho-wm sekisho-ime sekisho-clip sekisho-egress sekisho-pages sekisho-convert)
sek_commands(render-host sbin sekisho-renderd sekisho-setup-host)
sek_completions(render-host sekisho-renderd sekisho-setup-host)
install(FILES render-host/sandbox/chromium-policy.json DESTINATION ${CMAKE_INSTALL_DATADIR}/sekisho COMPONENT render-host)
install(FILES render-host/renderd/renderd.example.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}-render-host COMPONENT render-host)
sek_service(render-host render-host/package sekisho-renderd)
install(FILES render-host/package/sekisho-render-firewall.service DESTINATION lib/systemd/system COMPONENT render-host)
install(FILES render-host/package/render-host.nft DESTINATION ${CMAKE_INSTALL_DATADIR}/sekisho/nftables COMPONENT render-host)
install(FILES broker/package/zones.example.nft DESTINATION ${CMAKE_INSTALL_DOCDIR}-render-host COMPONENT render-host)
sek_man(render-host sekisho-renderd.8 sekisho-setup-host.8 sekisho-sandbox.8 sekisho-capture.8 sekisho-wm.8 sekisho-ime.8 sekisho-clip.8 sekisho-egress.8 sekisho-pages.8 sekisho-convert.8)
sek_man_of_example(render-host render-host/renderd/renderd.example.yaml renderd.yaml "configuration of a Sekisho render host" "sekisho\\-renderd (8)")

# --- sekisho-client ---
install(TARGETS sekisho-viewer sekisho-viewer-decoder RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT client)
install(TARGETS sekisho-load RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT client)
sek_completions(client sekisho-viewer sekisho-load)
install(FILES client/viewer/sekisho-viewer.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications COMPONENT client)
install(FILES client/viewer/sekisho-viewer.svg DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps COMPONENT client)
install(FILES client/viewer/viewer.example.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}-client COMPONENT client)
sek_man(client sekisho-viewer.1 sekisho-viewer-decoder.1 sekisho-load.1)
sek_man_of_example(client client/viewer/viewer.example.yaml viewer.yaml "configuration of the native Sekisho client" "sekisho\\-viewer (1)")

# --- sekisho-doc ---
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}-doc COMPONENT doc PATTERN man EXCLUDE)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR}-doc COMPONENT doc)

include(cmake/package.cmake)
