# SPDX-License-Identifier: GPL-3.0-or-later
# A site in three zones, each machine a network namespace: staff, HAProxy, two brokers and PostgreSQL (inner zone and boundary), two render hosts and a web
# site (outer zone). Sourced by tests/zones/run with $root, $build, $dir (a new folder), $id (a short word of this run), $uids (the first of 300); tests/zones/kill.mjs runs its
# functions too. Every machine has a default route towards the others through whoever stands between: only rules and ip_forward keep packets back.

staff=$id-staff staff2=$id-staff2 front=$id-front broker1=$id-b1 broker2=$id-b2 database=$id-db render1=$id-r1 render2=$id-r2 web=$id-web
inner=$id-inner outer=$id-outer inet=$id-inet # switches
machines="$staff $staff2 $front $broker1 $broker2 $database $render1 $render2 $web"
uid=64211
in_zone() { ip netns exec "$@"; }

# --- cables ---
# plug MACHINE INTERFACE ADDRESS/LENGTH SWITCH
plug() {
  local port=p$((ports = ${ports:-0} + 1))
  ip link add "$id-x" type veth peer name "$id-y"
  ip link set "$id-x" netns "$1" name "$2" && in_zone "$1" ip addr add "$3" dev "$2" && in_zone "$1" ip link set "$2" up
  ip link set "$id-y" netns "$4" name "$port" && in_zone "$4" ip link set "$port" master br0 up
}
make_zones() {
  local m
  for m in $machines $inner $outer $inet; do ip netns add "$m" && in_zone "$m" ip link set lo up; done
  for m in $inner $outer $inet; do in_zone "$m" ip link add br0 type bridge && in_zone "$m" ip link set br0 up; done
  plug $staff lan0 10.1.0.100/16 $inner
  plug $staff2 lan0 10.1.0.101/16 $inner
  plug $front inner0 10.1.0.20/16 $inner
  plug $broker1 inner0 10.1.0.10/16 $inner
  plug $broker2 inner0 10.1.0.11/16 $inner
  plug $database inner0 10.1.0.30/16 $inner
  plug $broker1 outer0 192.168.50.10/24 $outer
  plug $broker2 outer0 192.168.50.11/24 $outer
  plug $render1 broker0 192.168.50.21/24 $outer
  plug $render2 broker0 192.168.50.22/24 $outer
  plug $render1 inet0 203.0.113.21/24 $inet
  plug $render2 inet0 203.0.113.22/24 $inet
  plug $web eth0 203.0.113.80/24 $inet
  in_zone $staff ip addr add 10.99.0.5/16 dev lan0 # somebody in the network of individual numbers
  for m in $staff $staff2 $front $database; do in_zone "$m" ip route add default via 10.1.0.10; done
  for m in $front $broker1 $broker2 $database; do in_zone "$m" ip route add 10.99.0.0/16 dev inner0; done
  for m in $broker1 $broker2; do in_zone "$m" ip route add default via 192.168.50.21; done
  for m in $render1 $render2; do in_zone "$m" ip route add 10.0.0.0/8 via 192.168.50.10 && in_zone "$m" ip route add default via 203.0.113.80; done
  in_zone $web ip route add 10.0.0.0/8 via 203.0.113.21
  in_zone $web ip route add 192.168.50.0/24 via 203.0.113.21
  for m in $front $broker1 $broker2 $database; do
    in_zone "$m" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv4.ip_unprivileged_port_start=443
  done
}
# The shipped rules; the site's addresses are those of the example, but for what several brokers need and the uids of these render hosts.
load_rules() {
  local rules=$root/broker/package m
  sed -e "s/^define session_uids = .*/define session_uids = $uids-$((uids + 299))/" -e 's/^define broker_inner = .*/define broker_inner = { 10.1.0.10, 10.1.0.11 }/' \
    -e 's/^define broker_clients = .*/define broker_clients = { 10.1.0.20 }/' -e 's/^define balancers = .*/define balancers = { 10.1.0.20 }/' \
    -e 's/^define database = .*/define database = { 10.1.0.30 }/' -e 's/^define inner_services = .*/define inner_services = { 10.1.0.30 . 5432 }/' \
    -e 's/^define broker_outer = .*/define broker_outer = { 192.168.50.10, 192.168.50.11 }/' \
    -e 's/^define render_hosts = .*/define render_hosts = { 192.168.50.21, 192.168.50.22 }/' "$rules/zones.example.nft" > "$dir/zones.nft"
  for m in $broker1 $broker2; do in_zone "$m" nft -I "$dir" -f "$rules/broker.nft" || return 1; done
  for m in $render1 $render2; do in_zone "$m" nft -I "$dir" -f "$root/render-host/package/render-host.nft" || return 1; done
  in_zone $front nft -I "$dir" -f "$rules/balancer.nft" && in_zone $database nft -I "$dir" -f "$rules/database.nft"
}

# --- the site's files ---
has_postgresql() { grep -q postgresql "$root/broker/hub/config_schema.c" && ls /usr/lib/postgresql/*/bin/postgres > /dev/null 2>&1; }
broker_yaml() { # NUMBER
  local store="{path: state/broker.db}"
  has_postgresql && store="{path: state$1/broker.db, postgresql: {address: 10.1.0.30, database: sekisho, user: sekisho, ca: pki/ca.crt, password_file: database$1.password}}"
  cat <<YAML
inner: {address: 10.1.0.1$(($1 - 1)), port: 443, certificate: pki/https.crt, key: pki/https.key, origins: ["https://10.1.0.20"], proxy_from: [10.1.0.20]}
outer: {address: 192.168.50.1$(($1 - 1))}
pki: {ca: pki/ca.crt, crl: pki/ca.crl, intermediate_certificate: pki/broker$1.crt, intermediate_key: pki/broker$1.key}
render_hosts:
  - {name: render1.sekisho.internal, address: 192.168.50.21, port: 7443}
  - {name: render2.sekisho.internal, address: 192.168.50.22, port: 7443}
store: $store
site: {broker: broker$1}
audit: {path: state$1/audit, key: state$1/audit.key, name: broker$1}
control: {path: state$1/control.sock}
login: {key: state/login.key}
recording: {public_key: pki/recording.pub, path: state$1/recordings, signing_key: state$1/recording.key}
web_root: web
YAML
}
renderd_yaml() { # NUMBER
  cat <<YAML
name: render$1.sekisho.internal
listen: {address: 192.168.50.2$1, port: 7443}
tls: {certificate: pki/render$1.sekisho.internal.crt, key: pki/render$1.sekisho.internal.key, ca: pki/ca.crt, crl: pki/ca.crl}
sessions: {directory: /run/sekisho-$id-$1, max: 4, uid_base: $((uids + 100 * $1)), memory_mib: 2048, processes: 512, linger_seconds: 120, max_width: 3840, max_height: 2160}
egress: {allow: [203.0.113.0/24]} # addresses for documentation are no Internet to it
browser: {policy_file: $root/render-host/sandbox/chromium-policy.json}
YAML
}
make_site() {
  local n
  mkdir "$dir/bin" "$dir/pki" "$dir/state" "$dir/state1" "$dir/state2" "$dir/site"
  cp "$build"/bin/sekisho* "$dir/bin/"
  cp -r "$build/web" "$dir/web"
  PATH=$dir/bin:$PATH
  {
    sekisho-certs init "$dir/pki" && sekisho-certs broker "$dir/pki" broker1 && sekisho-certs broker "$dir/pki" broker2 &&
      sekisho-certs https "$dir/pki" https --address 10.1.0.20 --address 10.1.0.10 --address 10.1.0.11 && sekisho-certs https "$dir/pki" database --address 10.1.0.30 &&
      sekisho-certs host "$dir/pki" render1.sekisho.internal && sekisho-certs host "$dir/pki" render2.sekisho.internal
  } > "$dir/certs.log" || die "certificates could not be made"
  openssl rand -hex 12 > "$dir/database.password"
  openssl rand -hex 12 > "$dir/recording.password"
  sekisho-recording keygen "$dir/pki/recording.pub" "$dir/recording.sec" < "$dir/recording.password" > "$dir/keygen.log" 2>&1 || die "no recording key"
  for n in 1 2; do
    broker_yaml $n > "$dir/broker$n.yaml"
    cp "$dir/database.password" "$dir/database$n.password"
    renderd_yaml $n > "$dir/renderd$n.yaml"
    mkdir -m 711 "/run/sekisho-$id-$n"
  done
  chmod 600 "$dir"/*.yaml "$dir"/*.password
  chown -R $uid:$uid "$dir"/state* "$dir"/broker*.yaml "$dir"/database[12].password "$dir"/pki/broker[12].key "$dir/pki/https.key"
  chmod 755 "$dir/pki"
  cp "$dir/pki/ca.crt" "$dir/sekisho-ca.crt"
  # as it is shipped, but for where this machine keeps files
  sed -e "s#/etc/haproxy#$dir#" -e "s#/run/haproxy/admin.sock#$dir/haproxy.sock#" -e 's#/dev/log#127.0.0.1:514#' -e 's/maxconn 8000/maxconn 1000/' \
    "$root/broker/package/haproxy.example.cfg" > "$dir/haproxy.cfg"
  # The page that staff look for is green, and says by its red and blue that it goes on and that it is still the same one.
  cat > "$dir/site/index.html" <<'HTML'
<!doctype html><title>g</title><body style="background:#008000"><script>
const blue = 8 * (1 + Math.floor(Math.random() * 12));
let n = 0;
if (location.hash)
  setInterval(() => { document.body.style.background = `rgb(${16 * (n++ % 3)}, 128, ${blue})`; }, 250);
</script>
HTML
}

# --- machines at work; each leaves its process id in $dir/NAME.pid ---
daemon() { # NAME ZONE LOG COMMAND...
  local name=$1 zone=$2 log=$3
  shift 3
  setsid ip netns exec "$zone" "$@" >> "$dir/$log" 2>&1 < /dev/null &
  echo $! > "$dir/$name.pid"
  disown
}
start_broker() { daemon "broker$1" "$id-b$1" "broker$1.log" setpriv --reuid $uid --regid $uid --clear-groups env HOME=/nonexistent "$dir/bin/sekisho-broker" --config "$dir/broker$1.yaml"; }
start_render() { daemon "render$1" "$id-r$1" "renderd$1.log" "$dir/bin/sekisho-renderd" --config "$dir/renderd$1.yaml"; }
start_front() { daemon front "$front" haproxy.log haproxy -db -f "$dir/haproxy.cfg"; }
start_web() { daemon web "$web" web.log python3 -m http.server 80 --bind 203.0.113.80 --directory "$dir/site"; }
pg_bin() { ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1; }
start_database() {
  daemon database "$database" database.log setpriv --reuid nobody --regid nogroup --clear-groups env LC_ALL=C "$(pg_bin)/postgres" -D "$dir/pg" -c listen_addresses=10.1.0.30 \
    -c unix_socket_directories="$dir/pgsock" -c ssl=on -c ssl_cert_file="$dir/pg/server.crt" -c ssl_key_file="$dir/pg/server.key" -c shared_buffers=16MB
}
make_database() {
  local i
  mkdir "$dir/pg" "$dir/pgsock" && chown nobody:nogroup "$dir/pg" "$dir/pgsock"
  (cd "$dir/pg" && setpriv --reuid nobody --regid nogroup --clear-groups env LC_ALL=C "$(pg_bin)/initdb" -D "$dir/pg" -A trust -U postgres -E UTF8 --locale=C -N) > "$dir/initdb.log" 2>&1 || return 1
  cp "$dir/pki/database.crt" "$dir/pg/server.crt" && install -m 600 "$dir/pki/database.key" "$dir/pg/server.key" && chown nobody:nogroup "$dir"/pg/server.*
  printf 'local all all trust\nhostssl sekisho sekisho 10.1.0.10/32 scram-sha-256\nhostssl sekisho sekisho 10.1.0.11/32 scram-sha-256\n' > "$dir/pg/pg_hba.conf"
  start_database
  for i in $(seq 100); do (cd / && "$(pg_bin)/pg_isready" -q -h "$dir/pgsock") && break; sleep 0.1; done
  (cd / && "$(pg_bin)/psql" -qX -h "$dir/pgsock" -U postgres -c "CREATE ROLE sekisho LOGIN PASSWORD '$(cat "$dir/database.password")'" -c "CREATE DATABASE sekisho OWNER sekisho")
}
kill_pid() { kill "-$2" "$(cat "$dir/$1.pid")"; } # NAME SIGNAL
# The line of a machine into its switch: pull MACHINE INTERFACE up|down
pull() { in_zone "$id-$1" ip link set "$2" "$3"; }
# What HAProxy says of its servers: name, state, connections so far.
balancer() {
  python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"show stat\n")
for line in s.makefile():
    f = line.split(",")
    if f[0] == "sekisho" and f[1] != "FRONTEND" and f[1] != "BACKEND":
        print(f[1], f[17], f[7])' "$dir/haproxy.sock" 2>/dev/null
}
up() { balancer | grep -c ' UP '; } # how many brokers are well
# Gives the second machine of staff an address whose connections HAProxy sends to that broker.
move_staff2() { # NUMBER
  local a before
  for a in $(seq 101 140); do
    in_zone $staff2 ip addr flush dev lan0 && in_zone $staff2 ip addr add "10.1.0.$a/16" dev lan0
    before=$(balancer | grep "^broker$1 ")
    in_zone $staff2 python3 -c 'import socket; socket.create_connection(("10.1.0.20", 443), 5).close()'
    sleep 0.3
    [ "$(balancer | grep "^broker$1 ")" = "$before" ] || return 0
  done
  return 1
}
