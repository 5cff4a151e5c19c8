#!/bin/sh
# Turns a shell on a host into an agent. The controller sends this as one line;
# package connect embeds it, takes comments and indentation out (strip.go) and
# puts values in the place of @NAMES@ (script.go).
#
# It is sh for anything from dash to busybox. It has no single quote, no
# exclamation mark, no \\ and, when it is stripped, no newline, so that it stands
# in single quotes of any login shell. A comment is a line of its own. Names begin
# with _m: another name could be a variable that the account exports, and be
# changed for the agent and all that it runs. The umask is the account's, too:
# what is made here is made with the mode that it needs.
#
# What it says to the controller are lines that begin with the token; the comment
# of the type Bootstrap lists them.
#
# Each process that a start runs costs a host about a millisecond. So on the way to
# a cached agent there is none. Without its seal there are ls, as sh cannot see a mode, and
# sha256sum.
#
# A line "#: NAME" begins a part, which script.go takes or leaves.
#
# Quotes cost bytes on the wire. Where there are none, the value has no blanks:
# the token, numbers, digests, names that are made here. LC_ALL is set in subshells
# only: the agent has the account's. Some parts end the shell, and others follow.
# [ FILE -nt FILE ] came to POSIX in 2024; where it is not known it is false.
# shellcheck disable=SC2086,SC2030,SC2031,SC2064,SC2154,SC2317,SC3013

#: head
# The settings of Go are those of whoever runs Go programs there, not the agent's.
_mT=@TOKEN@
unset GODEBUG GOGC GOMEMLIMIT GOTRACEBACK

#: kill
# Ends what is left of a cached agent that did not greet, which a parent that is
# another user, or on another machine, cannot do. The token in its command line
# tells that the number is still its own. A shell that cannot fork says so: it does that
# before what is in parentheses is redirected.
[ -f /proc/@STALE@/cmdline ] && (grep -q $_mT /proc/@STALE@/cmdline 2>/dev/null) && {
	kill -9 -@STALE@ || kill -9 @STALE@
} 2>/dev/null

#: env
# The environment must not stand in a command line, so it comes after it.
IFS= read -r _mE

#: run
# _ma FILE: becomes the agent. @SET@ is what sets the environment. An agent begins with one
# processor; what the account wants stays (takeOneProcessor in package transport).
_ma() {
	@SET@
	printf "\n%s run %s\n" $_mT $$
	GOMAXPROCS=${GOMAXPROCS-01} exec "$1" mitoplan-agent $_mT @PROCESS@
}

#: path
# The argument agent_path: this file, or nothing. What ls says of it tells why not.
_mf=@PATH@
{ [ -f "$_mf" ] && [ -x "$_mf" ]; } || {
	export LC_ALL=C
	printf "\n%s nopath %.600s\n" $_mT "$(ls -ld "$_mf" 2>&1)"
	exit 127
}
_ma "$_mf"

#: dirs
# The bases of cache directories become the positional parameters, best first. What
# is kept longest comes before what is emptied at logout or at a start.
set --
[ -O "$XDG_CACHE_HOME" ] && [ -O "$XDG_CACHE_HOME/.." ] && set -- "$XDG_CACHE_HOME"
[ -O "$HOME" ] && {
	[ -d "$HOME/.cache" ] || (mkdir -m 700 "$HOME/.cache" 2>/dev/null)
	[ -O "$HOME/.cache" ]
} && set -- "$@" "$HOME/.cache"
[ -k /var/tmp ] && set -- "$@" /var/tmp
[ -O "$XDG_RUNTIME_DIR" ] && set -- "$@" "$XDG_RUNTIME_DIR"
for _mb in /dev/shm /tmp; do
	[ -k $_mb ] && set -- "$@" $_mb
done

#: find
# An agent is kept in a directory of mode 0700 that belongs to the user and is no link
# (_mo), in a base where nobody else can exchange it (_ms): the base is the user's
# or root's, and others may not write to it unless it is sticky. Both are looked at
# from inside the base, with all links resolved, and the agent is executed from
# there, so that no directory above it matters: nobody can exchange what a process
# stands in.

# _mi: the number of the user in _mu. It is only needed in bases that others write
# to; elsewhere a pattern finds the directory.
_mu=
_mi() {
	[ "$_mu" ] || _mu=$(id -u)
}

# The platform in _mm. Linux tells its architecture in a file since 6.1.
_mh=
# shellcheck disable=SC2015 # uname runs where either half fails
{
	read -r _mk </proc/sys/kernel/ostype && read -r _mm </proc/sys/kernel/arch
} 2>/dev/null && _mm="$_mk $_mm" || _mm=$(uname -sm)

# _ms MODE LINKS OWNER...: whether the current directory, of which ls -ldn says this,
# is a base.
_ms() {
	case $1 in
	d????-??-?* | d????????[tT]*) [ -O . ] || [ "$3" = 0 ] ;;
	*) false ;;
	esac
}

# _mo NAME: whether the directory of that name here is the user's own, in a base. One ls
# tells of both; what it says of the name comes after the name of the base, which
# is a dot.
_mo() {
	[ -O "$1" ] && {
		# shellcheck disable=SC2046 # these are words
		set -- $(ls -ldn . "$1")
		_ms "$@" && {
			until [ $# = 0 ] || [ "$1" = . ]; do
				shift
			done
			case $2/$4 in
			drwx--[-S]---*/${_mu:-*}) ;;
			*) false ;;
			esac
		}
	}
}

#: hit
# An agent of exactly this build is executed where it is found, after the word
# "run". Nothing is tried out before: one that cannot be executed any more ends the
# shell, and the controller starts again without this part.
#
# _mx FILE: executes an open file of the user if it is sealed: the part "push" sets the
# time of its last change to the year 1970. Whoever else changes it sets that to now, and
# only the owner can set it back. So it is as it was put there, whatever the modes
# of it and of the directories above are. The agent looks at those (EndIfOpen), since it
# does so without a process. Old programs of the user are no agents: they have no sticky bit.
_mx() {
	[ -O $1 ] && [ -k $1 ] && [ /bin/sh -nt $1 ] && _ma $1
}
case $_mm in
@HITS@) ;;
esac
[ "$_mh" ] && for _mb do
	cd -P "$_mb" 2>&- || continue
	_mw="*"
	[ -k . ] && _mi && _mw=$_mu
	for _md in mitoplan-$_mw; do
		# It is opened from inside the directory, which nobody can exchange then. That of
		# another user may hold anything, such as a link to a pipe that nobody writes to.
		_mf=agent-$_mh
		cd -P "./$_md" 2>&- && [ -O . ] && [ -f $_mf ] && _mx /proc/self/fd/3 3<$_mf
		cd -P "$_mb" || break
		# Without a seal, ls has to tell, and on Linux its digest. Where nothing there can
		# tell a digest it is what was put there, as far as the modes say.
		_mf=./$_md/$_mf
		[ -h "$_mf" ] || {
			[ -O "$_mf" ] && [ -f "$_mf" ] && _mo "$_md" &&
				case $([ -d /proc/self/fd ] && sha256sum <"$_mf" 2>&-) in
				$_mh* | "") _ma "$_mf" ;;
				esac
		}
	done
done

#: miss
# The controller is asked for an agent, once for each base until one is kept.

# Where nothing can unpack what comes, _mr asks for it unpacked.
_mc() {
	command -v $1 >/dev/null 2>&1
}
_mr=gz
_mc gzip || _mc gunzip || _mc busybox || _mc python3 || perl -MIO::Uncompress::Gunzip -e 1 2>/dev/null || _mr=raw

# _mn WHY BASE TEXT: says why a directory holds no agent. What programs said becomes
# one line.
_mn() {
	set -f
	# shellcheck disable=SC2048 # one word each
	set -- $*
	set +f
	printf "\n%s no %.600s\n" $_mT "$*"
}

_mi
_md=mitoplan-$_mu
for _mb do
	cd -P "$_mb" 2>&- || {
		_mn enter "$_mb"
		continue
	}
	_me=$(ls -ldn . 2>&1)
	_ms $_me || {
		_mn base "$_mb: $_me"
		continue
	}
	# It may be there already, or another start make it at the same time.
	_me=$(
		export LC_ALL=C
		mkdir -m 700 $_md 2>&1
	) || [ -d $_md ] || {
		_mn write "$_mb:" "$_me"
		continue
	}
	_mo $_md || {
		_mn dir "$_mb"
		continue
	}
	# Whether things in it can be executed tells an empty file: running it is a fork
	# and a failing execve, where a noexec mount says no, which is the status 126. It
	# is another one where busybox looks for its own program in /proc, and that is not
	# mounted. A file that is open to be written cannot be executed, either. Another start
	# may be here at the same time, so the file gets its name when it can be executed.
	_me=$(
		export LC_ALL=C
		cd $_md 2>&1 && {
			[ -h x ] || [ -s x ] && rm -rf x
			[ -x x ] || { : >t.$$ && chmod 700 t.$$ && mv -f t.$$ x; }
		} 2>&1
	) || {
		_mn write "$_mb:" "$_me"
		continue
	}
	$_md/x 2>&-
	[ $? = 126 ] && {
		rm -f $_md/agent-* 2>&-
		_mn noexec "$_mb"
		continue
	}
	# The answer is "SH\n" at once. SH is the part "push", which takes an agent and
	# becomes it. It sets _me if it does not. If a line falls silent, sshd tells nobody
	# here, for hours. So there is a process in the background that ends this shell if
	# nothing has come for that many times 2 s. _my is an exclamation mark. It is ended
	# by USR1, as mksh loses a TERM that comes before the trap is set.
	printf "\n%s need %s %s\n" $_mT "$_mm" $_mr
	_my=$(printf "\41")
	{
		trap "kill \$$_my;wait;exit" USR1
		_mk=@ROUNDS@
		while sleep 2 & eval wait \$$_my && kill -0 $$; do
			[ $((_mk-=1)) = 0 ] && kill $$ && exit
		done
	} </dev/null >/dev/null 2>&1 &
	eval _mp=\$$_my
	read -r _mX || {
		kill -USR1 $_mp
		exit 1
	}
	eval "$_mX"
	_mn write "$_mb:" "$_me"
done
printf "\n%s none\n" $_mT
exit 1

#: push
# Comes when it is asked for, as it is not needed before. "SHA256 LENGTH\n" and that many
# bytes follow. Until then comes an empty line now and then, since an agent may have to be
# made, or others have their turn first. What a failing step leaves of the bytes is read
# away, so that the next base can ask again.

# Nobody knows the name before, and may have put a link there.
_mt=$_md/t.$$.$_mT

# _mz: unpacks what comes.
if _mc gzip; then
	_mz() { gzip -dc; }
elif _mc gunzip; then
	_mz() { gunzip -c; }
elif _mc busybox; then
	_mz() { busybox gunzip -c; }
elif _mc python3; then
	_mz() { python3 -c "import sys,gzip,shutil;shutil.copyfileobj(gzip.open(sys.stdin.buffer),sys.stdout.buffer)"; }
elif [ $_mr = gz ]; then
	_mz() { perl -MIO::Uncompress::Gunzip=gunzip -e "gunzip(q(-),q(-))||exit 1"; }
else
	_mz() { cat; }
fi

# _mg: watches in the background over what comes. Every 2 s it says how many bytes have.
# They are kept as they come, so that ls can tell: gzip would swallow 256 KiB first. If
# nothing more has come for @ROUNDS@ rounds, it ends this shell and all that it runs, and
# removes what has come. So it does when something else has ended the shell. Without
# sleep it does nothing.
_mg() {
	{
		trap "kill \$!;wait;exit" USR1
		_mk=@ROUNDS@
		_ml=
		while sleep 2 >/dev/null & wait $!; do
			_me=$(ls -ldn $_mt.z) && {
				set -- $_me
				printf "\n%s at %s\n" $_mT $5
				[ $5 = "$_ml" ] || _mk=@ROUNDS@
				_ml=$5
			}
			kill -0 $$ && [ $((_mk-=1)) -gt 0 ] && continue
			trap "" TERM
			kill -15 -$$ || kill $$
			rm -f $_mt $_mt.z
			exit
		done
	} </dev/null 2>/dev/null &
	_mp=$!
}

# _mq: ends the one before. Nothing may be said once the agent runs, between its frames.
_mq() {
	kill -USR1 $_mp
	wait $_mp
	:
} 2>/dev/null

_mN=
while [ -z "$_mN" ]; do
	_mq
	_mg
	IFS=" " read -r _mS _mN || {
		_mq
		exit 1
	}
done
# Half of the digest is the name.
# shellcheck disable=SC2295 # a digest is no pattern
_mf=./$_md/agent-${_mS%${_mS#????????????????????????????????}}

# _mv: the digest of what comes; where nothing there can tell it, that which was
# announced.
_mv() {
	if _mc sha256sum; then
		sha256sum
	elif _mc shasum; then
		shasum -a 256
	else
		echo $_mS
	fi
}

_me=$(
	export LC_ALL=C
	head -c $_mN | {
		{ cat >$_mt.z && _mz <$_mt.z >$_mt; } 2>&1 || {
			cat >/dev/null
			false
		}
	}
) &&
	case $(_mv <$_mt) in
	$_mS*) ;;
	*)
		_me="not what was sent"
		false
		;;
	esac &&
	_me=$(
		export LC_ALL=C
		_mk=700
		[ -d /proc/self/fd ] && TZ=UTC0 touch -t 197001010000 $_mt 2>&- && [ /bin/sh -nt $_mt ] && _mk=1700
		{
			[ -h $_mf ] || [ -d $_mf ] && rm -rf $_mf
			rm -f $_mt.z && chmod $_mk $_mt && mv -f $_mt $_mf
		} 2>&1
	) && _mq && _ma $_mf
_mq
rm -f $_mt $_mt.z
