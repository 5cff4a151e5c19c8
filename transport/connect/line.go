package connect

import (
	"encoding/hex"
	"fmt"
	"strings"
)

const agentPrefix = "agent-"

// agentName is the file name of an agent in a cache folder on a host. Half a
// digest keeps the line short and still can not be met by chance.
func agentName(sum [32]byte) string { return agentPrefix + hex.EncodeToString(sum[:16]) }

// The script is sh for anything from dash to busybox. It has no ', !, newline
// or \\, so that Line can put it into single quotes of any login shell.
//
// Where it may keep an agent: a folder of mode 0700 that belongs to the user
// and is no link (o), below a base that nobody else can exchange: the user's
// own, or sticky. The empty file x tells whether things there can be executed:
// running it is a fork and a failing execve, where a noexec mount says no.
//
// The umask is the account's, and stays so for the agent and all that it runs:
// what is made here is made with the mode that it needs.
//
// Each process that a start runs costs a host about a millisecond. So on the way
// to a cached agent there is only ls, as sh can not see a mode: Linux tells its
// architecture in a file since 6.1, the number of the user is only needed in
// bases that others write to (elsewhere a pattern finds the folder), and nothing
// is tried out before it is executed.
//
// A cached agent is executed at once, after the word "run"; one that can not be
// any more ends the shell, and Fresh starts without it. Otherwise the word
// "need" asks for "SHA256 LENGTH\n" and that many bytes. Whatever of them a
// failing step leaves is read away, so that the next folder can ask again.
const (
	scriptHead = `T=%s;unset GODEBUG GOGC GOMEMLIMIT GOTRACEBACK;`
	scriptEnv  = `IFS= read -r E;`
	scriptRun  = `a(){ %s printf "\n%%s run\n" $T;exec "$1" mitoplan-agent $T %s;};`
	scriptPath = `f=%s;[ -x "$f" ]||{ printf "\n%%s nopath\n" $T;exit 127;};a "$f"`

	scriptDirs = `set --;` +
		`[ -O "$XDG_CACHE_HOME" ]&&[ -O "$XDG_CACHE_HOME/.." ]&&set -- "$XDG_CACHE_HOME";` +
		`[ -O "$HOME" ]&&{ [ -d "$HOME/.cache" ]||mkdir -m 700 "$HOME/.cache";[ -O "$HOME/.cache" ];} 2>/dev/null&&set -- "$@" "$HOME/.cache";` +
		`[ -k /var/tmp ]&&set -- "$@" /var/tmp;` +
		`[ -O "$XDG_RUNTIME_DIR" ]&&set -- "$@" "$XDG_RUNTIME_DIR";` +
		`for b in /dev/shm /tmp;do [ -k $b ]&&set -- "$@" $b;done;`

	scriptFind = `u=;i(){ [ "$u" ]||u=$(id -u);};h=;` +
		`{ read -r k </proc/sys/kernel/ostype&&read -r m </proc/sys/kernel/arch;} 2>/dev/null&&m="$k $m"||m=$(uname -sm);` +
		`o(){ [ -O "$1" ]&&{ set -- $(ls -ldn "$1");case $1/$3 in drwx--[-S]---*/${u:-*});;*)false;;esac;};};`
	scriptHit = `case $m in %sesac;` +
		`[ "$h" ]&&for b do w=*;[ -k "$b" ]&&i&&w=$u;` +
		`for d in "$b"/mitoplan-$w;do f=$d/agent-$h;[ -O "$f" ]&&o "$d"&&a "$f";done;done;`

	scriptMiss = `c(){ command -v $1 >/dev/null 2>&1;};r=gz;` +
		`if c gzip;then z(){ gzip -dc;};elif c gunzip;then z(){ gunzip -c;};elif c busybox;then z(){ busybox gunzip -c;};` +
		`elif c python3;then z(){ python3 -c "import sys,gzip,shutil;shutil.copyfileobj(gzip.open(sys.stdin.buffer),sys.stdout.buffer)";};` +
		`elif perl -MIO::Uncompress::Gunzip -e 1 2>/dev/null;then z(){ perl -MIO::Uncompress::Gunzip=gunzip -e "gunzip(q(-),q(-))||exit 1";};` +
		`else z(){ cat;};r=raw;fi;` +
		`v(){ if c sha256sum;then sha256sum;elif c shasum;then shasum -a 256;else echo $s;fi;};` +
		`i;for b do d=$b/mitoplan-$u;` +
		`{ [ -d "$d" ]||mkdir -m 700 "$d";o "$d"&&{ [ -f "$d/x" ]||printf "">"$d/x";}&&chmod 700 "$d/x";} 2>/dev/null||continue;` +
		`"$d/x" 2>/dev/null||{ rm -f "$d"/agent-* 2>/dev/null;continue;};` +
		`printf "\n%s need %s %s\n" $T "$m" $r;IFS=" " read -r s n||exit 1;t=$d/t.$$;` +
		`head -c $n|{ z>"$t"||{ cat>/dev/null;false;};}&&case $(v<"$t") in $s*);;*)false;;esac&&chmod 700 "$t"&&f=$d/agent-${s%%${s#????????????????????????????????}}&&mv -f "$t" "$f"&&a "$f";` +
		`rm -f "$t";done;printf "\n%s none\n" $T;exit 1`
)

// script is the whole sh script of one start.
func (b *Bootstrap) script() string {
	var s strings.Builder
	fmt.Fprintf(&s, scriptHead, b.token)
	s.WriteString(b.locale)
	set := ""
	switch {
	case b.onStdin:
		set = assignments(b.env)
	case len(b.env) > 0:
		s.WriteString(scriptEnv)
		set = `eval "$E";`
	}
	fmt.Fprintf(&s, scriptRun, set, word(b.process))
	if b.agentPath != "" {
		fmt.Fprintf(&s, scriptPath, word(b.agentPath))
		return s.String()
	}
	s.WriteString(b.dirs() + scriptFind)
	if cases := b.hits(); cases != "" && !b.fresh {
		fmt.Fprintf(&s, scriptHit, cases)
	}
	s.WriteString(scriptMiss)
	return s.String()
}

// dirs sets the positional parameters to the bases of cache folders.
func (b *Bootstrap) dirs() string {
	if len(b.agentDirs) == 0 {
		return scriptDirs
	}
	s := "set --"
	for _, dir := range b.agentDirs {
		s += " " + word(dir)
	}
	return s + ";"
}

// hits is one case for each platform whose image is known already.
func (b *Bootstrap) hits() string {
	var s strings.Builder
	for _, p := range platforms {
		if sum, ok := b.known[p.Platform]; ok {
			fmt.Fprintf(&s, `"%s "%s)h=%s;;`, p.sys, p.machines, hex.EncodeToString(sum[:16]))
		}
	}
	return s.String()
}

// Line is one command line for the login shell of a host, whichever it is.
func (b *Bootstrap) Line() string { return "exec sh -c '" + b.script() + "'" }

// Script is what sh runs, for a caller that starts sh itself.
func (b *Bootstrap) Script() string { return b.script() }

// Preamble is written right after the start, before anything was read: what
// may not stand in a command line. That is the environment, or, where a shell
// reads its script from stdin, the whole script, which such a shell has read to
// its last byte before it runs a word of it.
func (b *Bootstrap) Preamble() []byte {
	switch {
	case b.onStdin:
		return []byte(b.script() + "\n")
	case len(b.env) > 0:
		return []byte(assignments(b.env) + "\n")
	}
	return nil
}
