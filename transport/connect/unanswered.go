package connect

import (
	"errors"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// unanswered is the error of a start whose time was over after the password had been typed
// and before anything ran. Whether the password is wrong is not known. Any other error stays
// as it is.
func (p prefix) unanswered(ask *prompter, b *Bootstrap, words *LastWords, err error) error {
	var late *transport.TimeoutError
	var found *kind.Problem
	if ask == nil || p.asks.password == "" || ask.asked() != 1 || b.answered || errors.As(err, &found) || !errors.As(err, &late) {
		return err
	}
	inAll := kind.Rule("")
	if late.Phase == transport.PhaseEndless {
		inAll = " in all"
	}
	return blame("password", p.asks.unanswered, "No answer to the password",
		"%s asked for the password, it was typed, and nothing came within %s%s (connect_timeout). It may be wrong: PAM can take its time to say so (pam_faildelay). If it is right, PAM or a profile may wait for something: see the log of the host. Correct password, or raise connect_timeout.%s",
		p.program, late.After, inAll, saying(words.String())).Because(err)
}
