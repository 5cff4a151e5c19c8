package accounts

import (
	"bytes"
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// The files that say what a new account or group gets.
const (
	loginDefs   = "/etc/login.defs"
	useraddFile = "/etc/default/useradd"
)

var settingsFiles = []string{loginDefs, useraddFile}

// defaults are what useradd gives a new account that says nothing.
func (a *Account) defaults(ctx context.Context, h resource.Host, u *resource.User) error {
	set, err := settings(ctx, h, useraddFile, "=")
	if err != nil {
		return err
	}
	base := set["HOME"]
	if base == "" {
		base = "/home"
	}
	u.Home, u.Shell = kind.Text(path.Join(base, a.Name)), kind.Text(set["SHELL"])
	u.Shadow = &resource.Shadow{Password: resource.Empty, Marks: 1, Ages: resource.NoAges}
	if a.setsAges() {
		defs, err := settings(ctx, h, loginDefs, " ")
		if err != nil {
			return err
		}
		u.Shadow.Ages = newAges(a.System, defs, set)
	}
	return nil
}

// settings reads a file of names and values; a missing one is empty.
func settings(ctx context.Context, h resource.Host, file, sep string) (map[string]string, error) {
	out := map[string]string{}
	e, err := h.Lstat(file)
	if err != nil || e.Type != resource.TypeFile {
		return out, err
	}
	c, err := h.Read(ctx, file, resource.ShownContent)
	if err != nil {
		return out, err
	}
	for line := range bytes.Lines(c.Data) {
		s := strings.TrimSpace(string(line))
		if strings.HasPrefix(s, "#") {
			continue
		}
		name, value, _ := strings.Cut(strings.ReplaceAll(s, "\t", " "), sep)
		out[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return out, nil
}

// homeMode is what useradd gives a home directory: HOME_MODE, else what UMASK
// leaves.
func homeMode(ctx context.Context, h resource.Host) (int64, error) {
	set, err := settings(ctx, h, loginDefs, " ")
	if err != nil {
		return 0, err
	}
	if mode, err := strconv.ParseInt(set["HOME_MODE"], 8, 32); err == nil {
		return mode, nil
	}
	if mask, err := strconv.ParseInt(set["UMASK"], 8, 32); err == nil {
		return 0o777 &^ mask, nil
	}
	return 0o755, nil
}
