# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of sekishoctl for bash; goes to /usr/share/bash-completion/completions/sekishoctl.
# Names of users, groups, hosts and sessions are asked of the broker, if this account may.
_sekishoctl_ask() { # OP MEMBER
  sekishoctl --json "$@" 2> /dev/null | sed -n 's/^ *"'"$member"'": "\([^"\\]*\)",\{0,1\}$/\1/p'
}
_sekishoctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} words=() i=1 member
  while [ "$i" -lt "$COMP_CWORD" ]; do
    case ${COMP_WORDS[i]} in
      --socket | --lang) i=$((i + 1)) ;;
      --json) ;;
      *) words+=("${COMP_WORDS[i]}") ;;
    esac
    i=$((i + 1))
  done
  local list="" group=${words[0]:-} verb=${words[1]:-}
  case ${#words[@]}:$group:$verb in
    0:*) list="status user group policy session stop host recording documents audit selfcheck --json --lang --socket --help --version" ;;
    1:user:*) list="list show groups certificates add disable enable delete passwd roles display reset-second-factor allow-enrolment add-certificate remove-certificate" ;;
    1:group:*) list="list show members add edit delete add-member remove-member unapproved approvers set-approver remove-approver" ;;
    1:policy:*) list="attributes show set unset explain history approve refuse" ;;
    1:session:*) list="list explain set unset end message" ;;
    1:stop:*) list="user host session all" ;;
    1:host:*) list="list add drain undrain remove password test enrol" ;;
    1:documents:*) list="list purge" ;;
    1:recording:*) list="list show hold release purge verify export keygen state" ;;
    1:audit:*) list="search state verify" ;;
    1:selfcheck:*) list="--format --output --check --key" ;;
    2:selfcheck:--format) list="text json html" ;;
    2:audit:search) list="--who --what --object --outcome --from --to --search --limit --after" ;;
    2:user:list | 2:group:list | 2:session:list | 2:host:list | 2:policy:history) list="--search --limit --after" ;;
    2:user:add | 2:group:add | 2:group:unapproved) ;;
    2:user:* | 2:stop:user | 2:policy:explain | 3:group:*-member | 3:group:*-approver) member=name list=$(_sekishoctl_ask user list) ;;
    2:group:*) member=name list=$(_sekishoctl_ask group list) ;;
    2:documents:purge) member=document list=$(_sekishoctl_ask documents list) ;;
    2:recording:list) list="--user --group --host --marks --ended --hold --noted --purged --search --limit --after" ;;
    2:recording:keygen | 3:recording:keygen) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    3:recording:export) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    2:recording:state) ;;
    2:recording:*) member=recording list=$(_sekishoctl_ask recording list) ;;
    2:host:drain | 2:host:undrain | 2:host:remove | 2:stop:host) member=name list=$(_sekishoctl_ask host list) ;;
    2:session:* | 2:stop:session) member=session list=$(_sekishoctl_ask session list) ;;
    2:policy:show | 2:policy:set | 2:policy:unset) list="site group: user:" ;;
    3:policy:set | 3:policy:unset | 3:session:set | 3:session:unset) member=name list=$(_sekishoctl_ask policy attributes) ;;
    3:user:add-certificate) mapfile -t COMPREPLY < <(compgen -f -- "$cur"; compgen -W "--fingerprint --subject" -- "$cur"); return ;;
    3:user:remove-certificate) list="--fingerprint --subject" ;;
    3:user:roles) list="staff administrator reviewer operator approver" ;;
    *) list="--reason --message" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
}
complete -F _sekishoctl sekishoctl
