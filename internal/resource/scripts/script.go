package scripts

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// scriptArgs are what a block of the kind script may set.
type scriptArgs struct {
	Name        string               `cbor:"name" mito:"required,claims=script"`
	Inputs      map[string]kind.Text `cbor:"inputs,omitempty" mito:"end,shows=values"`
	Read        kind.Text            `cbor:"read,omitempty" mito:"required,end,shows=inputs|values"`
	Make        kind.Text            `cbor:"apply,omitempty" mito:"required,shows=inputs|values"`
	Destroy     *kind.Text           `cbor:"destroy,omitempty" mito:"end,shows=inputs|values"`
	Interpreter []string             `cbor:"interpreter,omitempty" mito:"end,default=[\"/bin/sh\"],shows=inputs|values"`
	Env         map[string]kind.Text `cbor:"env,omitempty" mito:"end,shows=inputs|values"`
	Files       map[string]kind.Text `cbor:"files,omitempty" mito:"end,shows=inputs|values"`
	Exact       bool                 `cbor:"exact,omitempty" mito:"default=false,exact"`
	State       string               `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (scriptArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A thing that no other kind knows, managed by scripts of your own. read prints what is there as a JSON object, and inputs says what is wanted: the plan is what differs. apply makes the one of the other, and destroy takes the thing away. Unless exact is set, they may touch anything.",
		End: "a thing that an apply made is taken away by destroy, with the read, destroy, interpreter, env, files and inputs of the last apply, which the record keeps for that. After it read has to say that nothing is there. Without destroy the thing stays and is forgotten. What was there before the first apply stays as it is. What cannot be taken back: whatever destroy does not undo, and a thing of which one of these arguments is a secret, as the record does not hold it.",
		Attrs: map[string]kind.Entry{
			"name":        {Doc: "What the thing is called in plans and errors. Two blocks of one machine cannot have the same name.", OtherNames: "id"},
			"inputs":      {Doc: "What is wanted, as texts by names. Each script finds it in its environment, as INPUT_ and the name. read has to print the same names. Without any, the thing is only there or not.", OtherNames: "query triggers params parameters"},
			"read":        {Doc: "A script that prints what is there: a JSON object whose values are texts, numbers, true, false or null. It prints null, or nothing, if the thing is not there. It must change nothing: it runs while planning, with MITOPLAN_PLANNING=true in its environment, and before and after apply and destroy.", OtherNames: "check get status"},
			"apply":       {Doc: "A script that makes the thing as inputs says, whether it is there or not. It has to work again where it was cut short.", OtherNames: "create update set"},
			"destroy":     {Doc: "A script that takes the thing away. Without it, state cannot be absent, and a thing whose block is gone stays.", OtherNames: "delete remove"},
			"interpreter": {Doc: "The program that runs the scripts, with its arguments. The path of the script follows them.", OtherNames: "executable shell", List: `interpreter = ["/usr/bin/python3"]`},
			"env":         {Doc: "Environment variables for the scripts, beside those of the agent. They are never in a command line, but other programs of the same user can read them while a script runs. Names that begin with INPUT_ or MITOPLAN_ are taken.", OtherNames: "environment"},
			"files":       {Doc: "Files beside the scripts, as contents by names. The scripts run in the directory that has them. It is made for each run, and only their user can enter it.", OtherNames: "scripts"},
			"exact":       {Doc: "The scripts touch nothing but this thing, so that a plan knows what is there after it. After an apply read must say exactly what was planned: inputs, and all else as it was before. Whatever else they touch is not noticed."},
			"state":       {Doc: "Whether the thing should be there. With absent, destroy is run if read says that it is, and apply does not count.", OtherNames: "ensure present", Values: resource.Presence()},
		},
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "script" "banner" {
  on    = context.local.here
  name  = "the banner of app"
  exact = true
  inputs = {
    text   = "Closed on Sundays"
    colour = "red"
  }
  read = <<-EOT
    [ -e /etc/app.banner ] || exit 0
    while IFS='=' read -r name value; do
      printf '%s "%s": "%s"' "$${sep-{}" "$name" "$value"
      sep=,
    done </etc/app.banner
    echo '}'
  EOT
  apply = <<-EOT
    set -e
    echo "text=$INPUT_text" >/etc/app.banner.new
    echo "colour=$INPUT_colour" >>/etc/app.banner.new
    mv /etc/app.banner.new /etc/app.banner
  EOT
  destroy = "rm -f /etc/app.banner"
}
output "banner" {
  value = script.banner.values
}
`,
			Reads:   "What read prints, at most 1 MiB. It sees the machine as it is now: what earlier blocks of the same plan will change it does not see. So it has to work before anything is there, and says null where a program that it needs is still missing.",
			Drift:   "What read says of a name in inputs is another value than after the last apply, or the thing is gone. Names that are not in inputs do not count.",
			Ansible: "a task of shell with changed_when and a task of the same that registers what is there, for which check mode knows nothing; or a module of your own in Python.",
			Pyinfra: "an operation of your own with a fact of your own, both in Python. server.script runs every time.",
			Limits:  "Nobody can keep read from changing something, nor apply from touching more than its thing: that they do not is your promise. A script is ended, with all that it started, when its check or its apply has taken as long as the bounds of waiting or timeout allow; one that was killed may have done half of its work, and runs again at the next apply unless read says by then that all is as it should be. So let apply do last what read looks at. Scripts of one machine run at the same time unless depends_on orders them: where they share a lock or a database, set parallelism = 1 in their context. The names and values of inputs and env have 100 KiB at most each; longer ones go into files. An agent that is killed leaves the directory of the script, mitoplan-temp-UID- and a number in TMPDIR or /tmp, which the next script of that user removes.",
			Traits:  []string{"inputs"},
		},
	}
}

type scriptResults struct {
	Values map[string]kind.Text `cbor:"values" mito:"computed"`
}

// Manual says the texts of these results.
func (scriptResults) Manual() kind.Manual {
	return kind.Manual{Attrs: map[string]kind.Entry{"values": {Doc: "All that read prints, as texts by names. If something changes it is known after the apply, and before that with exact."}}}
}

func scriptKind() kind.Kind {
	k := resource.Define("script", func() resource.Resource { return &Script{} }, scriptResults{})
	k.Opaque = true
	return k
}

// Script is the desired state of a thing that only its scripts know.
type Script struct{ scriptArgs }

// longest is the longest variable. The kernel takes 128 KiB; see execve(2).
const longest = 100 << 10

// Validate implements Validator.
func (s *Script) Validate() []kind.Problem {
	out := resource.CheckState(s.State)
	problem := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	if s.Name == "" || strings.ContainsFunc(s.Name, unicode.IsControl) {
		problem("name", "The thing has no name", "name is empty, or has a character that cannot be shown. Say what the thing is called.")
	}
	if s.State == "absent" && s.Destroy == nil {
		problem("destroy", "Nothing says how it is taken away", "state is absent, and there is no destroy. Write a script that takes the thing away.")
	}
	if s.Interpreter != nil && (len(s.Interpreter) == 0 || slices.Contains(s.Interpreter, "")) {
		problem("interpreter", "No program is named", "interpreter is empty, or an element of it is. Name a program, or leave interpreter out for /bin/sh.")
	}
	out = append(out, checkVariables("inputs", s.Inputs)...)
	out = append(out, checkVariables("env", s.Env)...)
	for _, name := range sorted(s.Files) {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") || len(name) > 255 || slices.Contains(actions, name) {
			problem("files", "No name of a file", "%q cannot be the name of a file beside the scripts: it is taken by one of them, is empty or too long, or has a slash.", name)
		}
	}
	return out
}

// checkVariables returns what is wrong with an argument whose values go into the environment.
func checkVariables(attr string, texts map[string]kind.Text) (out []kind.Problem) {
	problem := func(summary, detail, name string) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, name))
	}
	for _, name := range sorted(texts) {
		switch v := string(texts[name]); {
		case !isVariable(name):
			problem("No name of a variable", "%q cannot be in an environment: use letters, digits and underscores, and begin with no digit.", name)
		case attr == "env" && (strings.HasPrefix(name, "INPUT_") || strings.HasPrefix(name, "MITOPLAN_")):
			problem("The name is taken", "%q begins as the variables do that each script is given anyway. Choose another name.", name)
		case len(v) > longest || strings.ContainsRune(v, 0):
			problem("No value of a variable", "The value of %q has a zero byte, or more than 100 KiB, which no environment takes. Put it into files.", name)
		}
	}
	return out
}

// sorted returns the names of texts in their order.
func sorted[V string | kind.Text](texts map[string]V) []string {
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// actions are the scripts, by the arguments that hold them.
var actions = []string{"read", "apply", "destroy"}

func isVariable(name string) bool {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}
