package config

import (
	"reflect"

	"github.com/mitoplan/mitoplan/internal/kind"
)

type facts struct {
	OS     string `cbor:"os"`
	Distro string `cbor:"distro"`
	CPUs   int64  `cbor:"cpus"`
}

type common struct {
	Env     map[string]string `cbor:"env"`
	Timeout string            `cbor:"connect_timeout"`
}

type localArgs struct{ common }

type sshArgs struct {
	common
	Host     string   `cbor:"host" mito:"required,public"`
	Port     int64    `cbor:"port" mito:"default=22"`
	User     string   `cbor:"user"`
	Password string   `cbor:"password" mito:"secret"`
	Check    string   `cbor:"host_key_check" mito:"oneof=strict|accept_new|off"`
	Key      string   `cbor:"identity_file"`
	HostKeys []string `cbor:"host_key"`
}

type sudoArgs struct {
	common
	User     string `cbor:"user" mito:"default=root"`
	Password string `cbor:"password" mito:"secret"`
}

type fileArgs struct {
	Path     kind.Text `cbor:"path" mito:"required,claims=path"`
	Content  string    `cbor:"content" mito:"diff,conflicts=source|content_base64"`
	Base64   []byte    `cbor:"content_base64" mito:"conflicts=source"`
	Source   string    `cbor:"source" mito:"sends=source_content"`
	Owner    string    `cbor:"owner" mito:"needs=user"`
	Mode     string    `cbor:"mode" mito:"form=mode"`
	State    string    `cbor:"state" mito:"oneof=present|absent"`
	Validate []string  `cbor:"validate"`
	Backup   bool      `cbor:"backup"`
	SHA256   string    `cbor:"sha256" mito:"computed"`
}

type packageArgs struct {
	Name string `cbor:"name" mito:"required"`
}

type serviceArgs struct {
	Name      string   `cbor:"name" mito:"required"`
	State     string   `cbor:"state" mito:"oneof=started|stopped"`
	RestartOn []string `cbor:"restart_on" mito:"blocks"`
}

type rule struct {
	Port  int64   `cbor:"port" mito:"required"`
	Rate  float64 `cbor:"rate"`
	Label string  `cbor:"label"`
}

type ruleArgs struct {
	Rules []rule         `cbor:"rules"`
	Extra map[string]any `cbor:"extra"`
	Raw   any            `cbor:"raw"`
}

type commandArgs struct {
	Argv     []kind.Text `cbor:"argv" mito:"conflicts=shell"`
	Shell    string      `cbor:"shell"`
	Dir      string      `cbor:"dir"`
	ReadOnly bool        `cbor:"read_only"`
}

type commandResults struct {
	ExitCode int64     `cbor:"exit_code"`
	Stdout   kind.Text `cbor:"stdout"`
}

// Manual has a few of the texts that the real kinds have.
func (sshArgs) Manual() kind.Manual {
	return kind.Manual{OtherNames: "openssh paramiko", Attrs: map[string]kind.Entry{
		"host": {Doc: "the name or address to connect to.", OtherNames: "hostname address"},
		"user": {OtherNames: "remote_user"},
	}}
}

// Manual has a few of the texts that the real kinds have.
func (fileArgs) Manual() kind.Manual {
	return kind.Manual{OtherNames: "copy template", Attrs: map[string]kind.Entry{
		"path":   {OtherNames: "dest"},
		"source": {OtherNames: "src"},
		"state":  {OtherNames: "ensure", Values: map[string]string{"present": "file touch", "absent": "removed"}, Instead: map[string]string{"directory": `A directory is a resource "directory".`}},
	}}
}

// Manual has a few of the texts that the real kinds have.
func (serviceArgs) Manual() kind.Manual {
	return kind.Manual{Attrs: map[string]kind.Entry{"state": {Values: map[string]string{"started": "running"}}}}
}

// Manual has a few of the texts that the real kinds have.
func (commandArgs) Manual() kind.Manual {
	const both = `Did you mean "shell" (a line) or "argv" (a list)?`
	return kind.Manual{OtherNames: "shell exec", Hints: map[string]string{"cmd": both, "command": both}, Attrs: map[string]kind.Entry{
		"argv": {OtherNames: "args", List: `Write each word as an element, ["uname", "-r"], or a line for a shell as the argument shell.`},
		"dir":  {OtherNames: "chdir cwd"},
	}}
}

// Manual has a few of the texts that the real kinds have.
func (commandResults) Manual() kind.Manual {
	return kind.Manual{Attrs: map[string]kind.Entry{"stdout": {OtherNames: "output"}, "exit_code": {OtherNames: "rc"}}}
}

func testCatalogue() Catalogue {
	var kinds []kind.Kind
	add := func(role kind.Role, name string, args, results any) {
		create := func() any { return reflect.New(reflect.TypeOf(args)).Interface() }
		kinds = append(kinds, kind.WithManual(kind.Of(role, name, create, results)))
	}
	add(kind.RoleContext, "local", localArgs{}, facts{})
	add(kind.RoleContext, "ssh", sshArgs{}, facts{})
	add(kind.RoleContext, "sudo", sudoArgs{}, facts{})
	add(kind.RoleResource, "file", fileArgs{}, struct{}{})
	add(kind.RoleResource, "package", packageArgs{}, struct{}{})
	add(kind.RoleResource, "service", serviceArgs{}, struct{}{})
	add(kind.RoleResource, "rules", ruleArgs{}, struct{}{})
	add(kind.RoleFunction, "command", commandArgs{}, commandResults{})
	return NewCatalogue(kinds)
}
