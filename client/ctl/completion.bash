# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of Sekisho's commands for bash; installed once for each of them. Knows no command by itself: what sekishoctl can do it asks
# `sekishoctl --commands`, of the others their --help. Names of users, groups, hosts and sessions are asked of the broker, if this account may.
_sekisho_names() { # MEMBER COMMAND...
  local member=$1
  shift
  sekishoctl --json "$@" 2> /dev/null | sed -n 's/^ *"'"$member"'": "\([^"\\]*\)",\{0,1\}$/\1/p'
}
_sekisho_reply() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}"); }
_sekisho_files() { mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"); }

# What a word that is called MEMBER in sekishoctl's table can be.
_sekishoctl_word() { # GROUP VERB MEMBER
  case $1:$2:$3 in
    user:add:name | group:add:name | host:add:* | host:enrol:*) ;;
    group:*:name) _sekisho_reply "$(_sekisho_names name group list)" ;;
    *:name | *:user) _sekisho_reply "$(_sekisho_names name user list)" ;;
    *:host) _sekisho_reply "$(_sekisho_names name host list)" ;;
    *:session) _sekisho_reply "$(_sekisho_names session session list)" ;;
    *:recording) _sekisho_reply "$(_sekisho_names recording recording list)" ;;
    *:document) _sekisho_reply "$(_sekisho_names document documents list)" ;;
    *:attribute) _sekisho_reply "$(_sekisho_names name policy attributes)" ;;
    *:scope) _sekisho_reply "site group: user:" ;;
    *:roles) _sekisho_reply "staff administrator reviewer operator approver" ;;
    key:*:command) _sekisho_reply "list rotate" ;;
    key:*:key) _sekisho_reply "$(sekishoctl key list 2> /dev/null | sed -n 's/^\([a-z][a-z-]*\) .*/\1/p')" ;;
    backup:*:command) _sekisho_reply "make list verify restore keygen" ;;
    *:file | *:*_key) _sekisho_files ;;
    *) COMPREPLY=() ;;
  esac
}
# Options behind the words of a command.
_sekishoctl_options() { # GROUP VERB
  case $1:$2 in
    selfcheck:*) echo "--format --output --check --key" ;;
    key:*) echo "--certificate --key --file --config" ;;
    backup:*) echo "--to --whole --recordings --documents --signed-by --secret --passphrase-file --root --dry-run --config" ;;
    audit:search) echo "--who --what --object --outcome --from --to --search --limit --after" ;;
    store:migrate) echo "--config" ;;
    audit:verify) echo "--key --expect --head --no-head --archived" ;;
    recording:list) echo "--user --group --host --marks --ended --hold --noted --purged --search --limit --after" ;;
    *:list | group:members | policy:history) echo "--search --limit --after" ;;
    user:*-certificate) echo "--fingerprint --subject --kind --reason" ;;
    host:add) echo "--kind --trust --insecure --max_sessions --reason" ;;
    group:set-approver) echo "--deputy --since --until --reason" ;;
    user:allow-enrolment) echo "--hours --reason" ;;
    session:end | stop:*) echo "--message --reason" ;;
    *:show | *:explain | *:groups | *:state | status:* | ages:*) ;;
    *) echo "--reason" ;;
  esac
}
_sekishoctl() {
  local words=() i=1 rows group verb members before=${COMP_WORDS[COMP_CWORD - 1]}
  while [ "$i" -lt "$COMP_CWORD" ]; do
    case ${COMP_WORDS[i]} in
      --json) ;;
      --*) i=$((i + 1)) ;;
      *) words+=("${COMP_WORDS[i]}") ;;
    esac
    i=$((i + 1))
  done
  COMPREPLY=()
  case $before in
    --lang) _sekisho_reply "ja en"; return ;;
    --format) _sekisho_reply "text json html"; return ;;
    --socket | --output | --check | --key | --trust | --head) _sekisho_files; return ;;
    --json) ;;
    --*) return ;;
  esac
  rows=$(sekishoctl --commands 2> /dev/null)
  group=${words[0]:-} verb=${words[1]:-}
  if [ "${#words[@]}" = 0 ]; then
    _sekisho_reply "$(sed 's/ .*//' <<< "$rows" | sort -u) --json --lang --socket --help --version"
    return
  fi
  if grep -qE "^$group( :|\$)" <<< "$rows"; then # a command of one word
    words=("$group" "" "${words[@]:1}")
    verb=""
  elif [ "${#words[@]}" = 1 ]; then
    _sekisho_reply "$(sed -n "s/^$group \([a-z-]*\).*/\1/p" <<< "$rows")"
    return
  fi
  members=$(sed -n "s/^$group${verb:+ $verb} : //p" <<< "$rows")
  set -- $members
  i=$((${#words[@]} - 1))
  if [ "$i" -le "$#" ] && [[ ${COMP_WORDS[COMP_CWORD]} != -* ]]; then
    _sekishoctl_word "$group" "$verb" "$(tr -d '?' <<< "${!i}")"
  else
    _sekisho_reply "$(_sekishoctl_options "$group" "$verb")"
  fi
}

# The others: what their --help says.
_sekisho_program() {
  local help=$("$1" --help 2>&1 < /dev/null) name=${1##*/}
  case ${COMP_WORDS[COMP_CWORD]}:$COMP_CWORD in
    -*) _sekisho_reply "--help $(grep -oE -- '--[a-z][a-z-]*' <<< "$help" | sort -u)" ;;
    *:1)
      _sekisho_reply "$(sed -nE "s/^(usage:|  )( $name| ?$name)? ?([a-z][a-z-]*) .*/\3/p" <<< "$help" | grep -vx "$name" | sort -u)"
      [ "${#COMPREPLY[@]}" -gt 0 ] || _sekisho_files
      ;;
    *) _sekisho_files ;;
  esac
}
complete -F _sekishoctl sekishoctl
complete -F _sekisho_program sekisho-broker sekisho-renderd sekisho-setup sekisho-setup-host sekisho-certs sekisho-recording sekisho-recording-export \
  sekisho-recording-verify sekisho-audit-verify sekisho-viewer sekisho-load
