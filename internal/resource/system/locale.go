package system

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// localeGen is the file with the locales that a machine generates.
const localeGen = "/etc/locale.gen"

// localeArgs are what a block of the kind locale may set.
type localeArgs struct {
	Name    string     `cbor:"name" mito:"required,end,public,shows=content|generated"`
	Charset *string    `cbor:"charset,omitempty" mito:"end,public,shows=content"`
	Path    *kind.Text `cbor:"path,omitempty" mito:"edits=path,default=/etc/locale.gen"`
	Runtime *bool      `cbor:"runtime,omitempty" mito:"end,default=true,shows=generated"`
	State   string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (localeArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A locale that programs of the machine may use: generated now, and kept in /etc/locale.gen.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "locale" "german" {
  on      = context.local.here
  name    = "de_DE.UTF-8"
  runtime = false
}
resource "ini" "lang" {
  on              = context.local.here
  path            = "/etc/default/locale"
  key             = "LANG"
  value           = "de_DE.UTF-8"
  no_extra_spaces = true
  create          = true
  backup          = true
  depends_on      = [locale.german]
}
`,
			Reads:   "What locale -a prints, and locale charmap with the locale; all of /etc/locale.gen; for the charset and the name, SUPPORTED in /usr/share/i18n and /usr/local/share/i18n; and whether the source of the locale is there, in the directory locales of these two, and /usr/share/locale/locale.alias. The attribute generated of the difference is whether programs find the locale, or with which other charset; content is what the file holds.",
			Drift:   "The locale is not there any more, or is, or has another charset; or its line in the file says another charset, or is gone or there again. How the name of the charset is written in the name of the locale does not count: UTF-8 and utf8 are one. Lines that are commented out do not count either.",
			Ansible: "community.general.locale_gen. It uncomments a line of the file and has locale-gen generate all that it names; here a line is added, and localedef, which locale-gen runs, generates this locale alone, so that no other is gone meanwhile.",
			Pyinfra: "server.locale, of which locale is name.",
			Limits:  "The default of the machine is a resource \"ini\" in /etc/default/locale, as above, or in /etc/locale.conf, as on Arch Linux and Fedora. Programs that run keep the locale that they began with. C and POSIX are always there, and so is C.UTF-8 on most machines: such a locale gets no line, and is not removed. With runtime = false, too, locale -a is asked for C.UTF-8. One in a directory of /usr/lib/locale, as packages bring it, is not removed. A machine without /etc/locale.gen gets its locales from packages, such as glibc-langpack-de on Fedora, or has none but those of its C library, as Alpine: what is not there is told while planning. What was tested: Debian 12, with the real localedef, in a directory in place of /usr/lib/locale.",
			Traits:  []string{"name", "content"},
		},
		End:        "the line that an apply added is taken out, if it says what the last apply left, and the locale is removed if an apply generated it. What cannot be taken back: a locale that was removed. Other names of it from locale.alias stay, such as german of de_DE. So does what had another charset before, under the name with that: de_DE.iso88591. The file /usr/lib/locale/locale-archive stays, too, with no locale in it if it was made for this one.",
		OtherNames: "locale_gen locale-gen localedef",
		Attrs: map[string]kind.Entry{
			"name":    {Doc: "The locale, as /usr/share/i18n/SUPPORTED has it: de_DE.UTF-8, or de_DE@euro.", OtherNames: "locale"},
			"charset": {Doc: "Its charset, as UTF-8 or ISO-8859-1. When not set it is the one that /usr/share/i18n/SUPPORTED has for the name.", OtherNames: "encoding"},
			"path":    {Doc: "The file with the locales that the machine generates, absolute."},
			"runtime": {Doc: "Generate it now; with state absent, remove it now. With false only the file is changed.", OtherNames: "now generate"},
			"state":   {Doc: "Whether it should be there.", OtherNames: "ensure present", Values: resource.Presence()},
		},
	}
}

func localeKind() kind.Kind {
	return resource.Define("locale", func() resource.Resource { return &Locale{} }, files.PartResults{})
}

// Locale is the desired state of a locale.
type Locale struct{ localeArgs }

// Validate implements kind.Validator.
func (l *Locale) Validate() []kind.Problem {
	out := append(checkTable(l.Path), resource.CheckState(l.State)...)
	if !word(l.Name, "_.@-") || strings.Trim(l.Name, "._@-") != l.Name {
		out = append(out, wrong("name", "No name of a locale", "name is %q. Write it as in /usr/share/i18n/SUPPORTED, without the charset behind it: de_DE.UTF-8.", l.Name)...)
	}
	if l.Charset != nil && !word(*l.Charset, charsetSigns) {
		out = append(out, wrong("charset", "No name of a charset", "charset is %q. Write it as in /usr/share/i18n/SUPPORTED: UTF-8, or ISO-8859-1.", *l.Charset)...)
	}
	return out
}

// charsetSigns are what the name of a charset has besides letters and digits.
const charsetSigns = "-_:.()+"

// Part implements Parted.
func (*Locale) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	return part(edit.Locales, "name", args, unknown, edit.LocaleName)
}

func (l *Locale) gone() bool { return l.State == "absent" }

func (l *Locale) runs() bool { return l.Runtime == nil || *l.Runtime }

// item is the line in the file, with the name and the charset that it has there.
func (l *Locale) item(name, charset string) *files.Item {
	r := &files.Item{
		Item: edit.Item{Table: edit.Locales, Key: edit.LocaleName(l.Name)},
		Path: wanted(l.Path, localeGen), Attr: "name", Part: "this locale",
		From: []string{"name", "charset", "state"}, Gone: l.gone(),
	}
	if !r.Gone {
		r.Lines = []string{name + " " + charset}
	}
	return r
}
