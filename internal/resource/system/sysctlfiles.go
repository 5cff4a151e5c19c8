package system

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// keptIn is the file of settings where none is named. It comes after 99-sysctl.conf, by which
// systemd reads /etc/sysctl.conf on many systems.
const keptIn = "/etc/sysctl.d/99-zz-mitoplan.conf"

// sysctlConf is read last by sysctl --system, and by systemd only where a link leads to it.
const sysctlConf = "/etc/sysctl.conf"

// settingDirs have the files that are read when a machine starts; see sysctl.d(5). Of files of
// one name that in the first of them counts alone. All of them are read in the order of their
// names, and the last that sets something wins.
var settingDirs = []string{"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"}

// overridden says which other file wins over the one at a resolved path, if that is known, and
// warns if nothing reads that one.
func (s *Sysctl) overridden(ctx context.Context, h resource.Host, ours string) ([]kind.Problem, error) {
	order, err := settingFiles(h, ours)
	if err != nil {
		return nil, err
	}
	at := len(order) - 1
	for at >= 0 && order[at].leads != ours {
		at--
	}
	if at < 0 {
		return []kind.Problem{*kind.NewProblem("path", kind.CodeUnread, "Nothing reads the file when the machine starts",
			"%s is not among the files of sysctl.d(5), or another of its name hides it. Name a file in /etc/sysctl.d that ends in .conf, unless a program of yours reads it.", ours)}, nil
	}
	for k := len(order) - 1; k > at; k-- {
		f := order[k]
		value, sets, err := s.setIn(ctx, h, f.leads)
		if err != nil {
			return nil, err
		}
		if !sets {
			continue
		}
		if strings.Join(strings.Fields(value), " ") == strings.Join(strings.Fields(*s.Value), " ") {
			return nil, nil
		}
		when := "when the machine starts"
		if f.at == sysctlConf {
			when = "where sysctl --system is run, as at the start of machines without systemd"
		}
		return []kind.Problem{*kind.NewProblem("value", kind.CodeOverridden, "Another file wins",
			"%s sets %s to %q and is read after %s, so that its value counts %s. Change it there, or name a file in path that comes later.", f.at, s.Name, value, ours, kind.Rule(when))}, nil
	}
	return nil, nil
}

// settingFile is a file that is read when the machine starts: its path, and where it leads.
type settingFile struct{ at, leads string }

// settingFiles are those files, the one that is read last at the end. A new one is among them.
func settingFiles(h resource.Host, newOne string) ([]settingFile, error) {
	names, in := []string{}, map[string]string{}
	for _, dir := range settingDirs {
		is, err := h.Lstat(dir)
		if err != nil || is.Type != resource.TypeDirectory {
			continue // Nothing is read in it. /lib is mostly a link, which Lstat follows.
		}
		list, err := h.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		if dir == path.Dir(newOne) {
			list = append(list, path.Base(newOne))
		}
		for _, name := range list {
			if in[name] == "" && strings.HasSuffix(name, ".conf") {
				names, in[name] = append(names, name), dir
			}
		}
	}
	slices.Sort(names)
	var out []settingFile
	for _, name := range names {
		out = append(out, settingFile{at: path.Join(in[name], name)})
	}
	out = append(out, settingFile{at: sysctlConf})
	for k := range out {
		var err error
		if out[k].leads, err = h.Resolve(out[k].at, true); err != nil {
			out[k].leads = "" // It leads nowhere, or where this user may not look.
		}
	}
	return out, nil
}

// setIn is what a file sets the setting to.
func (s *Sysctl) setIn(ctx context.Context, h resource.Host, at string) (value string, sets bool, err error) {
	if at == "" {
		return "", false, nil
	}
	is, err := h.Lstat(at)
	if err != nil || is.Type != resource.TypeFile {
		return "", false, err
	}
	c, err := h.Read(ctx, at, resource.ShownContent)
	if err != nil {
		return "", false, nil //nolint:nilerr // What this user may not read tells nothing.
	}
	for _, row := range edit.RowsOf(c.Data) {
		if name, v, ok := edit.Setting(string(row.Text)); ok && name == edit.SettingName(s.Name) {
			value, sets = v, true
		}
	}
	return value, sets, nil
}
