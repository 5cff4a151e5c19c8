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
// or \\, so that Line can put it into single quotes of any login shell. Its
// names begin with _m: another name could be a variable that the account
// exports, and be changed for the agent and all that it runs. The umask is the
// account's, too: what is made here is made with the mode that it needs.
//
// Where it may keep an agent: a folder of mode 0700 that belongs to the user
// and is no link (_mo), in a base where nobody else can exchange it (_ms): the
// base is the user's or root's, and others may not write to it unless it is
// sticky. Both are looked at from inside the base, with all links resolved, and
// the agent is executed from there, so that no folder above it matters: nobody
// can exchange what a process stands in. The empty file x tells whether things
// there can be executed: running it is a fork and a failing execve, where a
// noexec mount says no.
//
// Each process that a start runs costs a host about a millisecond. So on the way
// to a cached agent there is only ls, as sh can not see a mode: Linux tells its
// architecture in a file since 6.1, the number of the user is only needed in
// bases that others write to (elsewhere a pattern finds the folder), and nothing
// is tried out before it is executed.
//
// A cached agent is executed at once, after the word "run"; one that can not be
// any more ends the shell, and Fresh starts without it. Fresh also ends what is
// left of it, which a parent that is another user, or on another machine, can
// not; the token in its command line tells that the number is still its own. Otherwise the word
// "need" asks for "SHA256 LENGTH\n" and that many bytes. Whatever of them a
// failing step leaves is read away, so that the next folder can ask again. The
// word "no" says why a folder holds no agent (_mn).
const (
	scriptHead = `_mT=%s;unset GODEBUG GOGC GOMEMLIMIT GOTRACEBACK;`
	scriptKill = `grep -q $_mT /proc/%[1]d/cmdline 2>/dev/null&&{ kill -9 -%[1]d||kill -9 %[1]d;} 2>/dev/null;`
	scriptEnv  = `IFS= read -r _mE;`
	scriptRun  = `_ma(){ %s printf "\n%%s run %%s\n" $_mT $$;exec "$1" mitoplan-agent $_mT %s;};`
	scriptPath = `_mf=%s;[ -x "$_mf" ]||{ printf "\n%%s nopath\n" $_mT;exit 127;};_ma "$_mf"`

	scriptDirs = `set --;` +
		`[ -O "$XDG_CACHE_HOME" ]&&[ -O "$XDG_CACHE_HOME/.." ]&&set -- "$XDG_CACHE_HOME";` +
		`[ -O "$HOME" ]&&{ [ -d "$HOME/.cache" ]||mkdir -m 700 "$HOME/.cache";[ -O "$HOME/.cache" ];} 2>/dev/null&&set -- "$@" "$HOME/.cache";` +
		`[ -k /var/tmp ]&&set -- "$@" /var/tmp;` +
		`[ -O "$XDG_RUNTIME_DIR" ]&&set -- "$@" "$XDG_RUNTIME_DIR";` +
		`for _mb in /dev/shm /tmp;do [ -k $_mb ]&&set -- "$@" $_mb;done;`

	scriptFind = `_mu=;_mi(){ [ "$_mu" ]||_mu=$(id -u);};_mh=;` +
		`{ read -r _mk </proc/sys/kernel/ostype&&read -r _mm </proc/sys/kernel/arch;} 2>/dev/null&&_mm="$_mk $_mm"||_mm=$(uname -sm);` +
		`_ms(){ case $1 in d????-??-?*|d????????[tT]*)[ -O . ]||[ "$3" = 0 ];;*)false;;esac;};` +
		`_mo(){ [ -O "$1" ]&&{ set -- $(ls -ldn . "$1");_ms "$@"&&{ until [ $# = 0 ]||[ "$1" = . ];do shift;done;` +
		`case $2/$4 in drwx--[-S]---*/${_mu:-*});;*)false;;esac;};};};`
	scriptHit = `case $_mm in %sesac;` +
		`[ "$_mh" ]&&for _mb do cd -P "$_mb" 2>/dev/null||continue;_mw=*;[ -k . ]&&_mi&&_mw=$_mu;` +
		`for _md in mitoplan-$_mw;do _mf=./$_md/agent-$_mh;[ -O "$_mf" ]&&_mo "$_md"&&_ma "$_mf";done;done;`

	scriptMiss = `_mc(){ command -v $1 >/dev/null 2>&1;};_mr=gz;` +
		`if _mc gzip;then _mz(){ gzip -dc;};elif _mc gunzip;then _mz(){ gunzip -c;};elif _mc busybox;then _mz(){ busybox gunzip -c;};` +
		`elif _mc python3;then _mz(){ python3 -c "import sys,gzip,shutil;shutil.copyfileobj(gzip.open(sys.stdin.buffer),sys.stdout.buffer)";};` +
		`elif perl -MIO::Uncompress::Gunzip -e 1 2>/dev/null;then _mz(){ perl -MIO::Uncompress::Gunzip=gunzip -e "gunzip(q(-),q(-))||exit 1";};` +
		`else _mz(){ cat;};_mr=raw;fi;` +
		`_mv(){ if _mc sha256sum;then sha256sum;elif _mc shasum;then shasum -a 256;else echo $_mS;fi;};` +
		`_mn(){ set -f;set -- $*;set +f;printf "\n%s no %.600s\n" $_mT "$*";};` +
		`_mi;_md=mitoplan-$_mu;for _mb do cd -P "$_mb" 2>/dev/null||{ _mn enter "$_mb";continue;};` +
		`_ms $(ls -ldn .)||{ _mn base "$_mb";continue;};` +
		`[ -d $_md ]||_me=$(export LC_ALL=C;mkdir -m 700 $_md 2>&1)||{ _mn write "$_mb:" "$_me";continue;};` +
		`_mo $_md||{ _mn folder "$_mb";continue;};` +
		`_me=$(export LC_ALL=C;{ { [ -f $_md/x ]||printf "">$_md/x;}&&chmod 700 $_md/x;} 2>&1)||{ _mn write "$_mb:" "$_me";continue;};` +
		`$_md/x 2>/dev/null||{ rm -f $_md/agent-* 2>/dev/null;_mn noexec "$_mb";continue;};` +
		`printf "\n%s need %s %s\n" $_mT "$_mm" $_mr;IFS=" " read -r _mS _mN||exit 1;_mt=$_md/t.$$;` +
		`_mf=./$_md/agent-${_mS%${_mS#????????????????????????????????}};` +
		`_me=$(export LC_ALL=C;head -c $_mN|{ { _mz>$_mt;} 2>&1||{ cat>/dev/null;false;};})&&` +
		`case $(_mv<$_mt) in $_mS*);;*)_me="not what was sent";false;;esac&&` +
		`_me=$(export LC_ALL=C;{ chmod 700 $_mt&&mv -f $_mt $_mf;} 2>&1)&&_ma $_mf;` +
		`rm -f $_mt;_mn write "$_mb:" "$_me";done;printf "\n%s none\n" $_mT;exit 1`
)

// script is the whole sh script of one start.
func (b *Bootstrap) script() string {
	var s strings.Builder
	fmt.Fprintf(&s, scriptHead, b.token)
	if b.fresh && b.stale > 0 {
		fmt.Fprintf(&s, scriptKill, b.stale)
	}
	s.WriteString(b.locale)
	set := ""
	switch {
	case b.onStdin:
		set = assignments(b.env)
	case len(b.env) > 0:
		s.WriteString(scriptEnv)
		set = `eval "$_mE";`
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
			fmt.Fprintf(&s, `"%s "%s)_mh=%s;;`, p.sys, p.machines, hex.EncodeToString(sum[:16]))
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
