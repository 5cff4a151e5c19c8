package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// envPrefix begins the environment variables that give variables their values.
const envPrefix = "MITOPLAN_VAR_"

// VariableInputs is where values of variables come from, lowest precedence
// first: the environment, mitoplan.mitovars.hcl, mitoplan.mitovars.json,
// *.auto.mitovars.hcl and .json by name, then Args in order.
type VariableInputs struct {
	// Environ is os.Environ(); MITOPLAN_VAR_name counts.
	Environ []string
	// Args are -var and -var-file in the order given.
	Args []VariableArg
	// Ask is asked for a variable without a value; nil makes it a diagnostic.
	Ask func(*Variable) (string, error)
	// Recorded are values from a plan file. They win over all others, so that
	// a plan means what it meant; only variables without one are looked for
	// elsewhere.
	Recorded map[string]cty.Value
	// Withheld are variables that a plan file does not hold because their value
	// holds a secret. They are asked for as sensitive ones are.
	Withheld []string
	// Directory is the one where a plan file is applied. Variables that the
	// plan does not hold are looked for in the files of that directory as well.
	Directory string
}

// VariableArg is one -var or -var-file of the command line.
type VariableArg struct {
	// Var is "name=value" of a -var; File is the path of a -var-file.
	Var, File string
}

// given is a value before it is converted: text, or a value of a file.
type given struct {
	text  string
	isRaw bool // text that is yet to become a value
	value cty.Value
	rng   hcl.Range
	from  string // for sentences
	arg   bool   // by an option of the command line
}

// values collects what is given for each variable.
type values struct {
	cfg   *Config
	given map[string]given
	args  bool // what is given now comes from the command line
	// unclaimed is what is given for a name that no variable has.
	unclaimed []cty.Value
	// broken is set if something that was given could not be read: a variable
	// without a value may be in there.
	broken bool
	diags  hcl.Diagnostics
}

// unfit is what was given as a secret that need not fit the type of its variable.
func (g given) unfit() cty.Value {
	if g.value == cty.NilVal {
		return cty.StringVal(g.text).Mark(Sensitive)
	}
	return g.value.Mark(Sensitive)
}

// ResolveVariables gives every variable its value, converted to its type.
// Sensitive ones come back marked Sensitive, ephemeral ones Ephemeral. The
// validation blocks run. Files of values are never added to Sources, and to
// Files, of which diagnostics quote lines, only if no variable is a secret:
// the line of a typing error may hold the password that it was to be.
func (c *Config) ResolveVariables(in VariableInputs) (map[string]cty.Value, hcl.Diagnostics) {
	v := c.collect(in)
	out := map[string]cty.Value{}
	v.broken = v.diags.HasErrors()
	if v.diags.HasErrors() && in.Ask != nil {
		return out, v.diags // nobody is asked for what will not be used
	}
	for _, name := range sortedNames(c.Variables) {
		out[name] = v.final(c.Variables[name], in)
	}
	if !v.diags.HasErrors() {
		v.validate(out)
	}
	return out, v.diags
}

// GivenSecrets are the secrets among what is given for variables, for errors that are found
// before variables have their values. If the configuration is broken, what is given for a
// name that no variable has counts, too: its declaration may be in what could not be read.
func (c *Config) GivenSecrets(in VariableInputs, broken bool) (out []cty.Value) {
	v := c.collect(in)
	if broken {
		out = v.unclaimed
	}
	for _, name := range sortedNames(c.Variables) {
		if variable := c.Variables[name]; variable.Secret() {
			out = append(out, v.final(variable, VariableInputs{Recorded: in.Recorded}), v.given[name].unfit())
		}
	}
	return out
}

// collect reads what is given for variables.
func (c *Config) collect(in VariableInputs) *values {
	v := &values{cfg: c, given: map[string]given{}}
	v.environ(in.Environ)
	if dir := c.valuesDir(in); dir != "" {
		v.directory(dir)
	}
	v.args = true
	for _, arg := range in.Args {
		if arg.File != "" {
			v.file(arg.File, arg.File, true)
		} else {
			v.flag(arg.Var)
		}
	}
	return v
}

// claims reports whether a variable has that name, and notes what is given for one that
// none has.
func (v *values) claims(name string, val cty.Value) bool {
	_, declared := v.cfg.Variables[name]
	if !declared {
		v.unclaimed = append(v.unclaimed, val.Mark(Sensitive))
	}
	return declared
}

func (v *values) environ(environ []string) {
	for _, entry := range environ {
		rest, ok := strings.CutPrefix(entry, envPrefix)
		name, text, hasValue := strings.Cut(rest, "=")
		if !ok || !hasValue {
			continue
		}
		if v.claims(name, cty.StringVal(text)) {
			from := "the environment variable " + envPrefix + name
			v.given[name] = given{text: text, isRaw: true, from: from, rng: hcl.Range{Filename: "<" + from + ">"}}
		}
	}
}

// valuesDir is the directory whose files of values are read without being named:
// that of the configuration. For a plan file it is in.Directory, and only if the plan
// lacks the value of a variable. It is "" if no such files are read.
func (c *Config) valuesDir(in VariableInputs) string {
	if !c.files.IsSnapshot() {
		return c.Dir
	}
	for name := range c.Variables {
		if _, ok := in.Recorded[name]; !ok {
			return in.Directory
		}
	}
	return ""
}

// directory reads the files of values that need not be named.
func (v *values) directory(dir string) {
	for _, name := range []string{"mitoplan.mitovars.hcl", "mitoplan.mitovars.json"} {
		v.file(name, filepath.Join(dir, name), false)
	}
	entries, _ := os.ReadDir(dir) // sorted; Load has read the directory before
	for _, e := range entries {
		if !e.IsDir() && (strings.HasSuffix(e.Name(), ".auto.mitovars.hcl") || strings.HasSuffix(e.Name(), ".auto.mitovars.json")) {
			v.file(e.Name(), filepath.Join(dir, e.Name()), true)
		}
	}
}

func (v *values) file(name, path string, must bool) {
	src, err := files.ReadRegular(path, maxSourceSize)
	if errors.Is(err, fs.ErrNotExist) && !must {
		return
	}
	if err != nil {
		v.diags = append(v.diags, problem("File not readable", fmt.Sprintf("The file of values %s cannot be read: %v.", name, files.Cause(err)), hcl.Range{Filename: name}))
		return
	}
	f, diags := parseFile(name, src)
	v.diags = append(v.diags, diags...)
	secret := v.cfg.hasSecrets()
	if secret {
		v.cfg.unquoted = append(v.cfg.unquoted, name)
	}
	if f == nil {
		return
	}
	if !secret {
		v.cfg.Files[name] = f
	}
	if diags.HasErrors() {
		return
	}
	attrs, diags := f.Body.JustAttributes()
	v.diags = append(v.diags, diags...)
	for _, key := range sortedNames(attrs) {
		v.assign(name, attrs[key])
	}
}

func (v *values) assign(file string, a *hcl.Attribute) {
	val, diags := a.Expr.Value(nil)
	if !v.claims(a.Name, val) {
		d := problem("Value for undeclared variable", fmt.Sprintf("The file %s gives a value to %q, but no variable has that name.%s", file, a.Name, prose.Suggest(a.Name, sortedNames(v.cfg.Variables))), a.NameRange)
		d.Severity = hcl.DiagWarning
		v.diags = append(v.diags, d)
		return
	}
	for _, t := range a.Expr.Variables() {
		v.diags = append(v.diags, problem("Value not constant", "A file of values cannot refer to anything. Write strings with quotes.", t.SourceRange()))
		return
	}
	v.diags = append(v.diags, diags...)
	if !diags.HasErrors() {
		v.given[a.Name] = given{value: val, rng: a.Expr.Range(), from: "the file " + file, arg: v.args}
	}
}

func (v *values) flag(arg string) {
	name, text, ok := strings.Cut(arg, "=")
	rng := hcl.Range{Filename: "<-var " + name + ">"}
	if !ok { // then it may be the value
		rng.Filename = "<-var>"
	}
	switch {
	case !ok || name == "":
		v.diags = append(v.diags, problem("Invalid -var option", "The option -var takes a name and a value with an equals sign between: -var name=value.", rng))
	case strings.TrimSpace(name) != name:
		v.diags = append(v.diags, problem("Invalid -var option", fmt.Sprintf("There is a space around the name in -var %q. Write -var %q.", name+"=…", strings.TrimSpace(name)+"=…"), rng))
	case !v.claims(name, cty.StringVal(text)):
		v.diags = append(v.diags, problem("Value for undeclared variable", fmt.Sprintf("The option -var gives a value to %q, but no variable has that name.%s", name, prose.Suggest(name, sortedNames(v.cfg.Variables))), rng))
	default:
		v.given[name] = given{text: text, isRaw: true, from: "the option -var", rng: rng, arg: v.args}
	}
}

// final is the value that a variable ends up with.
func (v *values) final(variable *Variable, in VariableInputs) cty.Value {
	if val, ok := in.Recorded[variable.Name]; ok {
		val, _ = val.UnmarkDeep()
		if g := v.given[variable.Name]; g.arg {
			v.agree(variable, g, val)
		}
		return variable.mark(val)
	}
	unknown := variable.mark(cty.UnknownVal(variable.Type))
	g, ok := v.given[variable.Name]
	if !ok {
		if variable.Default != cty.NilVal {
			return variable.mark(variable.Default)
		}
		if g, ok = v.ask(variable, in); !ok {
			return unknown
		}
	}
	val, ok := v.converted(variable, g)
	if !ok {
		return unknown
	}
	if val.IsNull() && !variable.Nullable {
		if variable.Default != cty.NilVal {
			return variable.mark(variable.Default)
		}
		v.diags = append(v.diags, problem("Invalid value for variable", fmt.Sprintf("The value for %q from %s is null, and the variable has nullable = false.", variable.Name, g.from), g.rng))
		return unknown
	}
	return variable.mark(val)
}

// converted is what was given as a value of the variable's type.
func (v *values) converted(variable *Variable, g given) (cty.Value, bool) {
	if g.isRaw {
		var ok bool
		if g.value, ok = v.parse(variable, g); !ok {
			return cty.NilVal, false
		}
	}
	val, err := variable.convert(g.value)
	if err != nil {
		if variable.Secret() {
			err = bare(err) // the keys on the way are a part of the value
		}
		v.diags = append(v.diags, problem("Invalid value for variable", fmt.Sprintf("The value for %q from %s does not fit its type: %s.", variable.Name, g.from, conversionDetail(err)), g.rng))
	}
	return val, err == nil
}

// agree reports an option whose value differs from the plan's: it would have no
// effect.
func (v *values) agree(variable *Variable, g given, recorded cty.Value) {
	if val, ok := v.converted(variable, g); ok && !val.RawEquals(recorded) {
		v.diags = append(v.diags, problem("Value differs from the plan's", fmt.Sprintf("For %q, %s gives another value than the plan was made with. A saved plan is applied with the values that it was made with. Leave the option out, or make a new plan.", variable.Name, g.from), g.rng))
	}
}

func (v *values) ask(variable *Variable, in VariableInputs) (given, bool) {
	asked, why := *variable, ""
	if slices.Contains(in.Withheld, variable.Name) {
		asked.Sensitive, why = true, " The saved plan does not contain the value, because it is secret. Give the value that the plan was made with."
	}
	if in.Ask == nil && v.broken {
		return given{}, false
	}
	if in.Ask == nil {
		v.diags = append(v.diags, problem("No value for variable", fmt.Sprintf("The variable %q has no default and was given no value.%s Set it with -var %s=…, in a file of values, or with the environment variable %s%s.", variable.Name, why, variable.Name, envPrefix, variable.Name), variable.Range))
		return given{}, false
	}
	text, err := in.Ask(&asked)
	if err != nil {
		v.diags = append(v.diags, problem("No value for variable", fmt.Sprintf("Asking for the variable %q failed: %v.", variable.Name, err), variable.Range))
		return given{}, false
	}
	return given{text: text, isRaw: true, from: "your answer", rng: variable.Range}, true
}

// parse makes a value of text, as Terraform does: what it says if the
// variable has no type or a primitive one, else an expression, also for any.
func (v *values) parse(variable *Variable, g given) (cty.Value, bool) {
	if !variable.typed || variable.Type.IsPrimitiveType() {
		return cty.StringVal(g.text), true
	}
	src := []byte(g.text)
	if d := guardNative(src, g.rng.Filename); d != nil {
		v.diags = append(v.diags, d)
		return cty.NilVal, false
	}
	expr, diags := hclsyntax.ParseExpression(src, g.rng.Filename, hcl.InitialPos)
	if !diags.HasErrors() {
		var val cty.Value
		val, diags = expr.Value(nil)
		if !diags.HasErrors() {
			return val, true
		}
	}
	// The text itself may be a secret, so that neither it nor the parser's
	// words about it are repeated.
	v.diags = append(v.diags, problem("Invalid value for variable", fmt.Sprintf("The value for %q from %s is not a valid expression, which its type, %s, needs. %s", variable.Name, g.from, typeexpr.TypeString(variable.Type), quotesHint(variable, g)), g.rng))
	return cty.NilVal, false
}

// quotesHint says how a string is written where an expression is expected.
func quotesHint(variable *Variable, g given) string {
	if variable.Type != cty.DynamicPseudoType {
		return "Strings inside it are written with quotes."
	}
	if strings.HasPrefix(g.rng.Filename, "<-var") {
		return fmt.Sprintf(`Write a string with quotes, and protect them from the shell: -var '%s="…"'. To use the text unchanged, give the variable the type string, or no type.`, variable.Name)
	}
	return "A string is written with quotes. To use the text unchanged, give the variable the type string, or no type."
}

// validate runs the validation blocks.
func (v *values) validate(vars map[string]cty.Value) {
	s := NewScope(v.cfg, vars)
	for _, name := range sortedNames(v.cfg.Variables) {
		for _, c := range v.cfg.Variables[name].Validations {
			_, diags := c.Check(s, "Invalid value for variable")
			v.diags = append(v.diags, diags...)
		}
	}
}
