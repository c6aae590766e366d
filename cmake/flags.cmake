# SPDX-License-Identifier: GPL-3.0-or-later
# All compiler and linker flags of the project, through one interface target.
include(CheckCCompilerFlag)
add_library(sek_flags INTERFACE)
target_include_directories(sek_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(sek_flags INTERFACE _GNU_SOURCE SEK_VERSION="${PROJECT_VERSION}")
target_compile_options(sek_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
  -fno-strict-aliasing -fno-common)

if(SEK_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "SEK_FUZZ needs clang: cmake --preset fuzz")
  endif()
  target_compile_options(sek_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(SEK_ANALYZE) # the builds of tests/analyze/run: not hardened, so that nothing is hidden from them
  target_compile_options(sek_flags INTERFACE -g -O1 -fno-omit-frame-pointer -Wno-error)
  if(SEK_ANALYZE STREQUAL "thread")
    set(SEK_SANITIZE ON) # jails make room for a sanitizer's run time
    target_compile_options(sek_flags INTERFACE -fsanitize=thread)
    target_link_options(sek_flags INTERFACE -fsanitize=thread)
  elseif(SEK_ANALYZE STREQUAL "coverage")
    # Counters live in a mapped file from the start on: processes in jails, and killed ones, count too.
    set(counters -fprofile-instr-generate=${CMAKE_BINARY_DIR}/counters/%m%c.profraw)
    target_compile_options(sek_flags INTERFACE ${counters} -fcoverage-mapping "SHELL:-mllvm -runtime-counter-relocation")
    target_link_options(sek_flags INTERFACE ${counters})
  elseif(NOT SEK_ANALYZE STREQUAL "memory") # no option: valgrind, gcc -fanalyzer and clang-tidy want the plain code
    message(FATAL_ERROR "SEK_ANALYZE is thread, memory or coverage")
  endif()
elseif(SEK_SANITIZE)
  target_compile_options(sek_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer -g -O1)
  target_link_options(sek_flags INTERFACE -fsanitize=address,undefined)
else()
  # OpenSSF hardening guide; a flag that this compiler does not know yet is left out.
  target_compile_options(sek_flags INTERFACE -g -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
               -fstrict-flex-arrays=3 -ftrivial-auto-var-init=zero)
    string(MAKE_C_IDENTIFIER "SEK_HAS${flag}" var)
    check_c_compiler_flag(${flag} ${var})
    if(${var})
      target_compile_options(sek_flags INTERFACE ${flag})
    endif()
  endforeach()
  target_link_options(sek_flags INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodlopen
    -Wl,--as-needed)
endif()
