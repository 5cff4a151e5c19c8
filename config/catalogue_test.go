package config

import (
	"github.com/mitoplan/mitoplan/internal/kind"
)

type facts struct {
	OS     string `cbor:"os" doc:"The operating system."`
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
	Host     string   `cbor:"host" mito:"required,public" doc:"the name or address to connect to."`
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
	Source   string    `cbor:"source"`
	Owner    string    `cbor:"owner" mito:"needs=user"`
	Mode     string    `cbor:"mode"`
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
	RestartOn []string `cbor:"restart_on"`
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

func testCatalogue() Catalogue {
	c := Catalogue{Contexts: map[string]*kind.Kind{}, Resources: map[string]*kind.Kind{}, Functions: map[string]*kind.Kind{}}
	add := func(to map[string]*kind.Kind, role kind.Role, name string, args, results any) {
		to[name] = &kind.Kind{Role: role, Name: name, Args: kind.SchemaOf(args), Results: kind.SchemaOf(results)}
	}
	add(c.Contexts, kind.RoleContext, "local", localArgs{}, facts{})
	add(c.Contexts, kind.RoleContext, "ssh", sshArgs{}, facts{})
	add(c.Contexts, kind.RoleContext, "sudo", sudoArgs{}, facts{})
	add(c.Resources, kind.RoleResource, "file", fileArgs{}, struct{}{})
	add(c.Resources, kind.RoleResource, "package", packageArgs{}, struct{}{})
	add(c.Resources, kind.RoleResource, "service", serviceArgs{}, struct{}{})
	add(c.Resources, kind.RoleResource, "rules", ruleArgs{}, struct{}{})
	add(c.Functions, kind.RoleFunction, "command", commandArgs{}, commandResults{})
	return c
}
