package controller_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Whoever prints a connector, or logs it, sees none of its secrets, in whatever form.
func TestConnectorsHideTheirSecrets(t *testing.T) {
	var hidden []string
	for _, k := range controller.Kinds() {
		if k.Role != kind.RoleContext {
			continue
		}
		v := reflect.ValueOf(k.New()).Elem()
		secrets := fillSecrets(t, v)
		if len(secrets) == 0 {
			continue
		}
		hidden = append(hidden, k.Name)
		for how, shown := range eachForm(v) {
			for _, s := range secrets {
				if strings.Contains(shown, s) || strings.Contains(strings.ToLower(shown), hex.EncodeToString([]byte(s))) {
					t.Errorf("%s, %s: %s", k.Name, how, shown)
				}
			}
			if !strings.Contains(shown, "(secret)") {
				t.Errorf("%s, %s: it does not say where a secret was: %s", k.Name, how, shown)
			}
		}
	}
	if slices.Sort(hidden); !slices.Equal(hidden, []string{"doas", "ssh", "su", "sudo"}) {
		t.Errorf("kinds with secrets are %q", hidden)
	}
}

// fillSecrets sets each argument that is a secret, and returns them. One whose name says that
// it is has to be tagged so.
func fillSecrets(t *testing.T, v reflect.Value) (secrets []string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !slices.Contains(strings.Split(f.Tag.Get("mito"), ","), "secret") {
			if regexp.MustCompile("Password|Passphrase|PrivateKey|Secret|Token").MatchString(f.Name) {
				t.Errorf("%s.%s is no secret", v.Type(), f.Name)
			}
			continue
		}
		s := fmt.Sprintf("hunter%dvalue", i)
		secrets = append(secrets, s)
		switch v.Field(i).Kind() {
		case reflect.String:
			v.Field(i).SetString(s)
		case reflect.Map:
			v.Field(i).Set(reflect.ValueOf(map[string]string{"code": s}))
		default:
			t.Errorf("%s.%s: a secret of a type that the test does not know", v.Type(), f.Name)
		}
	}
	return secrets
}

// eachForm is all ways to print a connector, itself and by a pointer, alone and in others.
func eachForm(v reflect.Value) map[string]string {
	forms := map[string]string{}
	for of, c := range map[string]any{"value": v.Interface(), "pointer": v.Addr().Interface()} {
		for in, a := range map[string]any{"alone": c, "in a struct": struct{ C any }{c}, "in a list": []any{c}, "in a map": map[string]any{"c": c}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%20v"} {
				forms[of+" "+in+" "+verb] = fmt.Sprintf(verb, a)
			}
			forms[of+" "+in+" Sprint"] = fmt.Sprint(a)
			forms[of+" "+in+" error"] = fmt.Errorf("with %v: %w", a, errors.ErrUnsupported).Error()
			text, err := json.Marshal(a)
			forms[of+" "+in+" json"] = string(text) + fmt.Sprint(err)
			for name, log := range map[string]func(*bytes.Buffer){
				"slog text":  func(b *bytes.Buffer) { slog.New(slog.NewTextHandler(b, nil)).Info("start", "with", a) },
				"slog json":  func(b *bytes.Buffer) { slog.New(slog.NewJSONHandler(b, nil)).Info("start", "with", a) },
				"hclog text": func(b *bytes.Buffer) { hclog.New(&hclog.LoggerOptions{Output: b}).Info("start", "with", a) },
				"hclog json": func(b *bytes.Buffer) {
					hclog.New(&hclog.LoggerOptions{Output: b, JSONFormat: true}).Info("start", "with", a)
				},
			} {
				var b bytes.Buffer
				log(&b)
				forms[of+" "+in+" "+name] = b.String()
			}
		}
	}
	return forms
}
