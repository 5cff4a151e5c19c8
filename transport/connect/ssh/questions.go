package ssh

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// questions are what a server asks with the method keyboard-interactive (RFC 4256), in one
// round or several, and what they are answered with. The mutex of the credentials guards
// it.
type questions struct {
	password string
	answers  map[string]string

	rounds   int      // in which there was a question
	typed    bool     // the password has answered one
	typedFor string   // the question that the password has answered
	answered []string // those that answers has answered
	open     []string // those that nothing answers
}

// round answers the questions of a round. If there is no answer to one of them, none is
// answered: the server would only count a failure.
func (q *questions) round(asked []string, echos []bool) ([]string, error) {
	if len(asked) > 0 {
		q.rounds++
	}
	out := make([]string, len(asked))
	for i, question := range asked {
		name := strings.TrimSpace(question)
		if name == "" {
			name = "a question without a text"
		}
		answer, fits := q.fitting(question)
		switch {
		case fits:
			out[i] = answer
			q.answered = append(q.answered, clip(name))
		case q.password != "" && !echos[i] && !q.typed:
			out[i], q.typed, q.typedFor = q.password, true, clip(name)
		default:
			q.open = append(q.open, clip(name))
		}
	}
	if len(q.open) > 0 {
		return nil, fmt.Errorf("the server asks what nothing answers: %s", strings.Join(q.open, ", "))
	}
	return out, nil
}

// fitting is the answer to a question that has its name in it, in any case. Of several the
// longest name counts.
func (q *questions) fitting(question string) (answer string, fits bool) {
	longest := ""
	for name, value := range q.answers {
		if len(name) > len(longest) && strings.Contains(strings.ToLower(question), strings.ToLower(name)) {
			longest, answer, fits = name, value, true
		}
	}
	return answer, fits
}

// canAnswer reports whether there is anything to answer questions with.
func (s *settings) canAnswer() bool { return s.args.Password != "" || len(s.args.Answers) > 0 }

// challenge answers the questions of a round.
func (c *credentials) challenge(_, _ string, asked []string, echos []bool) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	typed, answered := c.questions.typed, len(c.questions.answered)
	out, err := c.questions.round(asked, echos)
	typed, some := c.questions.typed && !typed, len(c.questions.answered) > answered
	c.logQuestions(len(asked), err)
	switch {
	case err != nil || len(out) == 0:
		c.sends()
	case typed && some:
		c.sends("password", "answers")
	case typed:
		c.sends("password")
	default:
		c.sends("answers")
	}
	return out, err
}

// asksMore returns the method that says what the server asks for after it has taken a key,
// if there is nothing to answer with; nil if it asks nothing. The caller holds mu.
func (c *credentials) asksMore() ssh.AuthMethod {
	const method = "keyboard-interactive"
	if !c.halfway || c.s.canAnswer() || !slices.Contains(c.allowed, method) || slices.Contains(c.tried, method) {
		return nil
	}
	return ssh.KeyboardInteractive(c.challenge)
}

// questionRefusal is the problem of questions that nothing answers, or of answers that the
// server did not take; nil if it is about neither.
func (c *credentials) questionRefusal() *kind.Problem {
	s, q := c.s, c.questions
	if expired := accountFault(s.addr(), s.user, strings.Join(q.open, "\n")); expired != nil {
		return expired
	}
	switch {
	case len(q.open) > 0:
		return attrProblem("answers", kind.CodeSSHQuestions, "Server asks what nothing answers",
			"%s asks %s %s, and no name in answers fits. Set it, such as answers = { %q = var.answer }: it answers each question that has the name in it.%s",
			s.addr(), s.user, clipList(quotedAll(q.open)), nameIn(q.open[0]), q.passwordRule())
	case len(q.answered) > 0:
		return attrProblem("answers", kind.CodeSSHAnswersRefused, "Answers refused",
			"%s does not let %s in with what was answered to %s%s. %s, or a one-time code is too old or was used before: each login needs another. The server may also not know the user: it gives the same answer for both.",
			s.addr(), s.user, clipList(quotedAll(q.answered)), q.besidePassword(), q.wrong())
	}
	return nil
}

// besidePassword says which question the password has answered, "" for none.
func (q *questions) besidePassword() kind.Wording {
	if !q.typed {
		return kind.Wording{}
	}
	return kind.Say(", and with the password, which answered %q", q.typedFor)
}

// wrong says what may be wrong with the answers.
func (q *questions) wrong() kind.Rule {
	if len(q.answered) > 1 || q.typed {
		return "One of them is wrong"
	}
	return "The answer is wrong"
}

// passwordRule says what the password does, if one is set.
func (q *questions) passwordRule() kind.Rule {
	if q.password == "" {
		return " Or set password, which answers one hidden question."
	}
	return " The password answers one hidden question in a login."
}

// nameIn is a name by which a question can be answered: its text without the colon.
func nameIn(question string) string { return strings.TrimRight(question, " :?…") }

func quotedAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = fmt.Sprintf("%q", t)
	}
	return out
}

// checkAnswers says what is wrong with the argument answers.
func checkAnswers(answers map[string]string) []kind.Problem {
	var p []kind.Problem
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		if strings.TrimSpace(name) == "" {
			p = append(p, *kind.NewProblem("answers", kind.CodeSSHAnswers, "An answer without a question",
				"A name in answers is empty. It would answer every question. Write a part of the question, such as \"Verification code\"."))
		}
		p = append(p, connect.CheckTyped("answers", kind.CodePasswordLineEnd, answers[name])...)
	}
	return p
}
