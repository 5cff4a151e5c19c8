package ssh

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// asked is a question of a server, and the answer that it takes.
type asked struct {
	question string
	echo     bool
	takes    string
}

// askRounds lets in whoever answers all rounds.
func askRounds(rounds [][]asked) func(ssh.ConnMetadata, ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	return func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		for _, round := range rounds {
			texts, echos := make([]string, len(round)), make([]bool, len(round))
			for i, a := range round {
				texts[i], echos[i] = a.question, a.echo
			}
			answers, err := ask("", "", texts, echos)
			if err != nil {
				return nil, err
			}
			for i, a := range round {
				if answers[i] != a.takes {
					return nil, errors.New("wrong")
				}
			}
		}
		return nil, nil
	}
}

// Questions are answered by the name that is in them, hidden or not, in any round. The
// password answers one hidden question in a login, and nothing that is shown. What nothing
// answers is named, and then nothing is sent.
func TestQuestionsAreAnswered(t *testing.T) {
	password, code, shown := asked{"Password: ", false, "pw"}, asked{"Verification code: ", false, "123"}, asked{"Token [serial 7]: ", true, "t7"}
	for _, c := range []struct {
		name     string
		rounds   [][]asked
		password string
		answers  map[string]string
		code     kind.Code // "" for a login
		says     []string
	}{
		{"a password", [][]asked{{password}}, "pw", nil, "", nil},
		{"nothing is asked", [][]asked{{}, {password}, {}}, "pw", nil, "", nil},
		{"a password and a code, at once", [][]asked{{password, code}}, "pw", map[string]string{"Verification code": "123"}, "", nil},
		{"the code first", [][]asked{{code, password}}, "pw", map[string]string{"verification": "123"}, "", nil},
		{"in two rounds", [][]asked{{password}, {code}}, "pw", map[string]string{"CODE": "123"}, "", nil},
		{"one that is shown", [][]asked{{password}, {shown}}, "pw", map[string]string{"token [serial 7]": "t7"}, "", nil},
		{"answers alone", [][]asked{{password}, {code}, {shown}}, "", map[string]string{"password": "pw", "code": "123", "Token": "t7"}, "", nil},
		{"the longest name counts", [][]asked{{code}}, "", map[string]string{"code": "no", "Verification code": "123", "Verification": "no"}, "", nil},
		{"an answer outweighs the password", [][]asked{{password}}, "no", map[string]string{"Password": "pw"}, "", nil},
		{"the same again", [][]asked{{password}, {password}}, "", map[string]string{"Password": "pw"}, "", nil},

		{"a code that nothing answers", [][]asked{{password, code}}, "pw", nil, "ssh_questions", []string{`asks me "Verification code:"`, `answers = { "Verification code" = var.answer }`, "it asks: Verification code:", "answers one hidden question in a login"}},
		{"in the second round", [][]asked{{password}, {code}}, "pw", nil, "ssh_questions", []string{`"Verification code:"`}},
		{"a question that is shown gets no password", [][]asked{{shown}}, "pw", nil, "ssh_questions", []string{`"Token [serial 7]:"`}},
		{"no password", [][]asked{{password, code}}, "", map[string]string{"Verification code": "123"}, "ssh_questions", []string{`"Password:"`, "Or set password"}},
		{"several that nothing answers", [][]asked{{code, shown, password}}, "", map[string]string{"x": "y"}, "ssh_questions", []string{`"Verification code:", "Token [serial 7]:" and "Password:"`}},
		{"a question without a text", [][]asked{{{"", true, ""}}}, "pw", nil, "ssh_questions", []string{"a question without a text"}},
		{"a wrong code", [][]asked{{password}, {code}}, "pw", map[string]string{"code": "old-code"}, "ssh_answers_refused", []string{`was answered to "Verification code:", and with the password, which answered "Password:". One of them is wrong`, "each login needs another"}},
		{"a wrong password beside a code", [][]asked{{code, password}}, "bad-password", map[string]string{"code": "123"}, "ssh_answers_refused", []string{`the password, which answered "Password:". One of them is wrong`}},
		{"a single answer that is wrong", [][]asked{{code}}, "", map[string]string{"code": "old-code"}, "ssh_answers_refused", []string{`was answered to "Verification code:". The answer is wrong`}},
		{"a wrong password", [][]asked{{password}}, "bad-password", nil, "ssh_password_refused", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, func(s *server) { s.config.KeyboardInteractiveCallback = askRounds(c.rounds) })
			k := s.args()
			k.Password, k.Answers = c.password, c.answers
			conn, err := k.open(t.Context(), start())
			if c.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				conn.close()
				conn.wait()
				return
			}
			p := wantCode(t, err, c.code, c.says...)
			for _, secret := range slices.Sorted(maps.Values(c.answers)) {
				if len(secret) > 3 && strings.Contains(p.Error(), secret) {
					t.Errorf("the problem holds the answer %q: %v", secret, p)
				}
			}
		})
	}
}

// A server that refuses before it has asked anything got no password, and none is blamed.
func TestNoQuestionIsNoWrongPassword(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			if _, err := ask("", "no more today", nil, nil); err != nil {
				return nil, err
			}
			return nil, errors.New("no")
		}
	})
	for name, set := range map[string]func(*SSH){
		"password": func(k *SSH) { k.Password = "pw" },
		"answers":  func(k *SSH) { k.Answers = map[string]string{"code": "123"} },
	} {
		t.Run(name, func(t *testing.T) {
			k := s.args()
			set(&k)
			_, err := k.Start(t.Context(), start())
			wantCode(t, err, "ssh_login_refused", "without a question, so nothing was sent", "keyboard-interactive: refused without a question")
		})
	}
}

// Where a key is not enough, the question that comes after it is answered, or named if
// nothing answers it.
func TestQuestionsAfterAKey(t *testing.T) {
	right, key := newKey(t)
	s := newServer(t, func(s *server) {
		s.config.PublicKeyCallback = func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
			if !sameKey(k, right.PublicKey()) {
				return nil, errors.New("unknown")
			}
			return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: askRounds([][]asked{{{"One-time code: ", true, "123"}}})}}
		}
	})
	k := s.args()
	k.PrivateKey = pemOf(t, key, "")
	_, err := k.Start(t.Context(), start())
	wantCode(t, err, "ssh_questions", `asks me "One-time code:"`, `answers = { "One-time code" = var.answer }`, "known to the server, but not enough")
	k.Password = "pw" // which answers nothing that is shown
	_, err = k.Start(t.Context(), start())
	wantCode(t, err, "ssh_questions", `"One-time code:"`)
	k.Password, k.Answers = "", map[string]string{"one-time": "123"}
	assertWorks(t, k)
}

// With answers, the method that asks comes before the one that only takes a password: a
// server may count a password without the code as a failure.
func TestAnswersComeBeforeThePassword(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
			t.Error("the password alone is tried")
			return nil, errors.New("no")
		}
		s.config.KeyboardInteractiveCallback = askRounds([][]asked{{{"Password: ", false, "pw"}}, {{"Code: ", false, "123"}}})
	})
	k := s.args()
	k.Password, k.Answers = "pw", map[string]string{"Code": "123"}
	assertWorks(t, k)
}

// An answer without a question would answer all.
func TestAnswersAreChecked(t *testing.T) {
	p := SSH{Host: "web", Answers: map[string]string{" ": "x", "code": "123\n"}}.Validate()
	if len(p) != 2 || p[0].Code != kind.CodeSSHAnswers || p[1].Code != kind.CodePasswordLineEnd || strings.Contains(p[1].Error(), "123") {
		t.Errorf("problems %v", p)
	}
}

// A password that is wrong can be told as that later than connect_timeout. So one that was sent
// and not answered is not told as a server that is away.
func TestAPasswordWithoutAnAnswerMayBeWrong(t *testing.T) {
	for name, c := range map[string]struct {
		password, attr string
		rounds         [][]string // of questions, nil for a password that is not asked for
		code           kind.Code
		of             string
	}{
		"the password":             {"pw", "password", nil, kind.CodeSSHPasswordUnanswered, "the value of password for"},
		"a password that is asked": {"pw", "password", [][]string{{"Password:"}}, kind.CodeSSHPasswordUnanswered, "the value of password for"},
		"an answer":                {"", "answers", [][]string{{"Password:"}}, kind.CodeSSHPasswordUnanswered, "the value of answers for"},
		"both in one round":        {"pw", "password", [][]string{{"Password:", "Code:"}}, kind.CodeSSHPasswordUnanswered, "the value of password and answers for"},
		"a code after a password":  {"pw", "answers", [][]string{{"Password:"}, {"Code:"}}, kind.CodeSSHPasswordUnanswered, "the value of answers for"},
		"a password after a code":  {"pw", "password", [][]string{{"Code:"}, {"Password:"}}, kind.CodeSSHPasswordUnanswered, "the value of password for"},
		"nothing more is asked":    {"pw", "host", [][]string{{"Password:"}, {}}, kind.CodeSSHLoginTimeout, "login"},
		"before a question":        {"pw", "host", [][]string{}, kind.CodeSSHLoginTimeout, "login"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			over := make(chan struct{})
			hangs := func() error {
				cancel(&transport.TimeoutError{After: 10 * time.Second})
				<-over
				return os.ErrPermission
			}
			s := newServer(t, func(s *server) {
				if c.rounds == nil {
					s.config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, hangs() }
					return
				}
				s.acceptPassword("right") // which the library tries next, on a connection that was closed
				s.config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
					for _, round := range c.rounds {
						if _, err := ask("", "", round, make([]bool, len(round))); err != nil {
							return nil, err
						}
					}
					return nil, hangs()
				}
			})
			k := s.args()
			k.Password, k.Answers = c.password, map[string]string{"Code": "123"}
			if c.password == "" {
				k.Answers = map[string]string{"Password": "pw"}
			}
			_, err := k.open(ctx, start())
			close(over)
			if p := wantCode(t, err, c.code, "me", "within 10s (connect_timeout)", c.of); p.Attr != c.attr {
				t.Errorf("%q is to blame: %s", p.Attr, p.Detail)
			}
		})
	}
}
