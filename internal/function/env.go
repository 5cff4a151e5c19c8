package function

import (
	"context"
	"os"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// EnvIn are the arguments of env.
type EnvIn struct {
	Names []string `cbor:"names,omitempty"`
}

// Manual says the texts of these arguments.
func (EnvIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Reads environment variables of a context.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "env" "here" {
  on    = context.local.here
  names = ["PATH", "HOME"]
}
output "path" {
  value = nonsensitive(call.env.here.values["PATH"])
}
`,
			Reads:   "The environment that the programs of the context start with. Nothing is run.",
			Ansible: "the fact ansible_env, which is gathered with all others and shown, and the filter lookup('env'), which reads that of the controller.",
			Pyinfra: "the fact server.Which and others of server; host.get_fact(server.Command, \"env\").",
			Limits:  "It is the environment of the agent, with what the arguments env of its contexts add: that of a login without a terminal. What files such as .bashrc set for people is not in it. Its values may be secrets, so they are sensitive; nonsensitive() shows one.",
		},
		OtherNames: "environment getenv",
		Attrs: map[string]kind.Entry{
			"names": {Doc: "Which variables. Without it, all.", OtherNames: "name variables vars keys"},
		},
	}
}

// EnvOut are the results of env.
type EnvOut struct {
	Values map[string]kind.Text `cbor:"values" mito:"computed,secret"`
	Unset  []string             `cbor:"unset" mito:"computed"`
}

// Manual says the texts of these results.
func (EnvOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"values": {Doc: "The values, by names. One that is not set is not in it. All are sensitive.", OtherNames: "env environment variables"},
			"unset":  {Doc: "Those of names that are not set.", OtherNames: "missing"},
		},
	}
}

func envKind() kind.Kind {
	return reads("env", func() Function { return &EnvIn{} }, EnvOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *EnvIn) Validate() []kind.Problem {
	for _, n := range in.Names {
		if n == "" || strings.ContainsAny(n, "=\x00") {
			return bad("names", "Bad name of a variable", "%q cannot be the name of an environment variable: it is empty or has an equals sign in it. Write the name alone, such as PATH.", n)
		}
	}
	return nil
}

// Call implements Function.
func (in *EnvIn) Call(context.Context, Call) (any, error) {
	out := EnvOut{Values: map[string]kind.Text{}, Unset: []string{}}
	if in.Names == nil {
		for _, v := range os.Environ() {
			if name, value, ok := strings.Cut(v, "="); ok && name != "" {
				out.Values[name] = kind.Text(value)
			}
		}
		return out, nil
	}
	for _, n := range in.Names {
		if v, ok := os.LookupEnv(n); ok {
			out.Values[n] = kind.Text(v)
		} else {
			out.Unset = append(out.Unset, n)
		}
	}
	return out, nil
}
