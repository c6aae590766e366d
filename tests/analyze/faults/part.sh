# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The part "faults" of tests/analyze/run, which reads this file: what happens when a call fails. Set-ups of sandboxes, each call in turn.
# SEK_FAULTS_STRIDE (1): only every so many calls.

# setup CASE OPTIONS COMM COMMAND...: one line of the table below; CASE is the Check case that starts the process soonest.
setup() {
  local case=$1 options=$2 said
  shift 2
  # shellcheck disable=SC2086
  said=$(CK_RUN_CASE=$case "$bin/faults_setup" -k "$root" -k "$dir" $options "$@" 2> /dev/null)
  case $? in
    0) ;;
    1) grep '^call ' <<< "$said" | sed "s/^/$1: /" >> "$dir/faults.left";;
    *) echo "$1: its set-up was not seen" >> "$dir/faults.left";;
  esac
  tail -n 1 <<< "$said" | tee -a "$dir/faults.log"
}

setups() {
  local s=${SEK_FAULTS_STRIDE:-1}
  # base/jail.c, in every program that enters it
  setup link "-s $s" sekisho-decoder "$bin/test_decoder_link"
  setup watch "-q -s $s" sekisho-watch "$bin/test_decoder_watch"
  setup pages "-q -s $s" sekisho-doc "$bin/test_decoder_pages"
  setup hostile "-q -s $s" sekisho-decoder-vnc "$bin/test_decoder_vnc_hostile"
  setup all "-q -s $s" sekisho-decoder-rdp "$bin/test_decoder_rdp_hostile"
  setup - "-q -s $s" sekisho-decoder-enrol "$bin/faults_launch" nnns "$bin/sekisho-decoder-enrol" "$(printf '00%.0s' {1..32})"
  setup encoder "-s $s" sekisho-encoder "$bin/test_encoder_encoder"
  setup - "-s $s" sekisho-encoder-rfb "$bin/faults_launch" nnnss "$bin/sekisho-encoder-rfb" 640 480 640 480 ja
  setup all "-q -s $s" sekisho-film "$bin/test_film_film"
  setup all "-q -s $((s * 3))" exe "$bin/test_words_words" # sekisho-words, which has started itself anew
  setup pages "-q -s $s" sekisho-paper "$bin/test_paper_pages"
  setup process "-q -s $s" sekisho-viewer-decoder "$bin/test_viewer_decoder"
  setup session "-q -s $s" sekisho-capture "$bin/test_capture_session"
  setup documents "-q -s $((s * 7))" sekisho-convert "$bin/test_convert_documents"
  # the others
  setup all "-f prlimit64 -s $s" sekisho-egress "$bin/test_egress_proxy"
  setup pages "-f prlimit64 -a 9 -s $s" sekisho-pages "$bin/test_pages"
  setup all "-f mount -t sendmsg -s $s" sekisho-sandbox "$bin/test_sandbox_session"
  setup all "-l -f clone3 -t recvmsg -s $s" sekisho-sandbox "$bin/test_sandbox_session" # its parent, which tells that it failed
  setup - "-f umask -t rt_sigaction" sekisho-broker "$bin/sekisho-broker" --config /nonexistent/broker.yaml
  setup - "-f umask -t rt_sigaction" sekisho-key "$bin/sekisho-key" list
}

run_faults() {
  local bin faults programs
  configure memory gcc
  bin=$dir/bin
  ninja -C "$dir" -j "$jobs" --quiet || die "building faults failed"
  : > "$dir/faults.log"
  : > "$dir/faults.left"
  setups
  faults=$(sed -nE 's/.* ([0-9]+) faults.*/\1/p' "$dir/faults.log" | awk '{ n += $1 } END { print n + 0 }')
  programs=$(wc -l < "$dir/faults.log")
  cat "$dir/faults.left"
  row faults "$faults faults in $programs set-ups" "$(wc -l < "$dir/faults.left")" 0 "${dir#"$root"/}/faults.log"
}
