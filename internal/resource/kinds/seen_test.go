package kinds_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// decides is a case in which an argument decides what is done. It names the
// attribute or argument of the change in which a plan shows that.
type decides struct {
	args  func(f testDir) args
	setup func(t *testing.T, f testDir)
	in    string // the argument itself where it is empty
}

// jsonFile makes a file of JSON, and strangeJSON one that others may have given a second name.
func jsonFile(t *testing.T, f testDir) { f.Write(t, "x", "{}\n", 0o644) }

func tomlFile(t *testing.T, f testDir) { f.Write(t, "x", "k = 1\n", 0o644) }

func strangeTOML(t *testing.T, f testDir) {
	strangeJSON(t, f)
	must(t, os.WriteFile(f.At("d/y"), []byte("k = 1\n"), 0o644))
}

func strangeJSON(t *testing.T, f testDir) {
	strange(t, f)
	f.Write(t, "d/y", "{}\n", 0o644)
	must(t, os.Chmod(f.At("d"), 0o777))
	must(t, os.Link(f.At("d/y"), f.At("d/y2")))
}

// strange makes a file that others may have given a second name.
func strange(t *testing.T, f testDir) {
	must(t, os.MkdirAll(f.At("d"), 0o755))
	f.Write(t, "d/x", "a\n", 0o644)
	must(t, os.Link(f.At("d/x"), f.At("y")))
	must(t, os.Chmod(f.At("d"), 0o777))
}

func account(name string, more args) func(testDir) args {
	return func(testDir) args {
		out := args{"name": name}
		for arg, v := range more {
			out[arg] = v
		}
		return out
	}
}

// scripted is a script whose thing is there, with the mode on.
func scripted(more args) func(testDir) args {
	return func(testDir) args {
		out := args{"name": "seen-test", "read": text(`echo '{"mode":"on"}'`), "apply": text("true"), "destroy": text("true")}
		for arg, v := range more {
			out[arg] = v
		}
		return out
	}
}

// rule returns the arguments of a rule for sudo.
func rule(more args) func(testDir) args {
	more["commands"] = []string{"/bin/true"}
	return on("x", more)
}

// cronJob returns the arguments of a job of cron.
func cronJob(more args) func(testDir) args {
	return func(f testDir) args {
		out := args{"path": f.Arg("x"), "name": "job", "command": text("true")}
		for arg, v := range more {
			out[arg] = v
		}
		return out
	}
}

// seenArguments says for the arguments of every resource kind where a plan shows
// that they decide.
var seenArguments = map[string]map[string]decides{
	"file": {
		"path":           {args: on("x", nil)},
		"content":        {args: on("x", args{"content": text("new")}), setup: plainFile},
		"content_base64": {args: on("x", args{"content_base64": []byte("new")}), setup: plainFile, in: "content"},
		"source":         {args: on("x", args{"source": text("y"), "source_content": []byte("new")}), setup: plainFile, in: "content"},
		"copy_from":      {args: func(f testDir) args { return args{"path": f.Arg("new"), "copy_from": f.Arg("x")} }, setup: plainFile, in: "content"},
		"fragments":      {args: on("x", args{"fragments": []any{text("new")}}), setup: plainFile, in: "content"},
		"owner":          {args: on("x", args{"owner": "12345"}), setup: plainFile},
		"group":          {args: on("x", args{"group": "12345"}), setup: plainFile},
		"mode":           {args: on("x", args{"mode": "0600"}), setup: plainFile},
		"attributes":     {args: on("x", args{"attributes": map[string]any{"note": text("n")}}), setup: plainFile},
		"acl":            {args: on("x", args{"acl": []any{"user:12345:rw"}}), setup: plainFile},
		"capabilities":   {args: on("x", args{"capabilities": "cap_net_raw=+ep"}), setup: plainFile},
		"selinux":        {args: on("x", args{"selinux": "system_u:object_r:etc_t:s0"}), setup: plainFile},
		"replace":        {args: on("x", args{"content": text("new"), "replace": false, "mode": "0600"}), setup: plainFile},
		"validate":       {args: on("x", args{"content": text("new"), "validate": text("true %s")}), setup: plainFile},
		"backup":         {args: on("x", args{"content": text("new"), "backup": true}), setup: plainFile},
		"hard_links":     {args: on("d/x", args{"mode": "0600", "hard_links": true}), setup: strange},
		"in_place":       {args: on("x", args{"content": text("new"), "in_place": true}), setup: plainFile},
		"force":          {args: on("l", args{"content": text("new"), "force": true}), setup: linked},
		"follow":         {args: on("l", args{"content": text("new"), "follow": true}), setup: linked},
	},
	"directory": {
		"path":       {args: on("d", nil)},
		"owner":      {args: on("d", args{"owner": "12345"}), setup: strange},
		"group":      {args: on("d", args{"group": "12345"}), setup: strange},
		"mode":       {args: on("d", args{"mode": "0700"}), setup: strange},
		"recurse":    {args: on("d", args{"state": "absent", "recurse": true}), setup: strange},
		"hard_links": {args: on("d", args{"mode": "u=rwX,go=", "recurse": true, "hard_links": true}), setup: strange},
	},
	"archive":        seenOfTree,
	"directory_sync": seenOfTree,
	"line": {
		"path":          {args: on("x", args{"line": text("c")}), setup: plainFile},
		"line":          {args: on("x", args{"line": text("c")}), setup: plainFile, in: "content"},
		"regexp":        {args: on("x", args{"line": text("c"), "regexp": "^a"}), setup: plainFile, in: "content"},
		"search":        {args: on("x", args{"line": text("c"), "search": "a"}), setup: plainFile, in: "content"},
		"match":         {args: on("x", args{"line": text("c"), "regexp": "", "match": "all"}), setup: plainFile, in: "content"},
		"backrefs":      {args: on("x", args{"line": text("$1c"), "regexp": "^(a)$", "backrefs": true}), setup: plainFile, in: "content"},
		"insert_after":  {args: on("x", args{"line": text("c"), "insert_after": "a"}), setup: plainFile, in: "content"},
		"insert_before": {args: on("x", args{"line": text("c"), "insert_before": "BOF"}), setup: plainFile, in: "content"},
		"owner":         {args: on("x", args{"line": text("a"), "owner": "12345"}), setup: plainFile},
		"group":         {args: on("x", args{"line": text("a"), "group": "12345"}), setup: plainFile},
		"mode":          {args: on("x", args{"line": text("a"), "mode": "0600"}), setup: plainFile},
		"validate":      {args: on("x", args{"line": text("c"), "validate": text("true %s")}), setup: plainFile},
		"backup":        {args: on("x", args{"line": text("c"), "backup": true}), setup: plainFile},
		"hard_links":    {args: on("d/x", args{"line": text("a"), "mode": "0600", "hard_links": true}), setup: strange},
		"in_place":      {args: on("x", args{"line": text("c"), "in_place": true}), setup: plainFile},
		"create":        {args: on("new", args{"line": text("c"), "create": true})},
	},
	"block": {
		"path":          {args: on("x", args{"content": text("c")}), setup: plainFile},
		"content":       {args: on("x", args{"content": text("c")}), setup: plainFile},
		"marker":        {args: on("x", args{"content": text("c"), "marker": "; {mark}"}), setup: plainFile, in: "content"},
		"insert_after":  {args: on("x", args{"content": text("c"), "insert_after": "a"}), setup: plainFile, in: "content"},
		"insert_before": {args: on("x", args{"content": text("c"), "insert_before": "BOF"}), setup: plainFile, in: "content"},
		"owner":         {args: on("x", args{"content": text("c"), "owner": "12345"}), setup: plainFile},
		"group":         {args: on("x", args{"content": text("c"), "group": "12345"}), setup: plainFile},
		"mode":          {args: on("x", args{"content": text("c"), "mode": "0600"}), setup: plainFile},
		"validate":      {args: on("x", args{"content": text("c"), "validate": text("true %s")}), setup: plainFile},
		"backup":        {args: on("x", args{"content": text("c"), "backup": true}), setup: plainFile},
		"hard_links":    {args: on("d/x", args{"state": "absent", "mode": "0600", "hard_links": true}), setup: strange},
		"in_place":      {args: on("x", args{"content": text("c"), "in_place": true}), setup: plainFile},
		"create":        {args: on("new", args{"content": text("c"), "create": true})},
	},
	"authorized_key": {
		"key":       {args: on("x", args{"user": "root", "key": text(pubKey)}), setup: plainFile, in: "content"},
		"path":      {args: on("x", args{"user": "root", "key": text(pubKey)}), setup: plainFile},
		"options":   {args: on("x", args{"user": "root", "key": text(pubKey), "options": "no-pty"}), setup: plainFile, in: "content"},
		"comment":   {args: on("x", args{"user": "root", "key": text(pubKey), "comment": "c"}), setup: plainFile, in: "content"},
		"exclusive": {args: on("x", args{"user": "root", "key": text(pubKey), "exclusive": true}), setup: plainFile, in: "content"},
	},
	"known_host": {
		"name":   {args: on("x", args{"name": "h", "key": text(pubKey)}), setup: plainFile, in: "content"},
		"key":    {args: on("x", args{"name": "h", "key": text(pubKey)}), setup: plainFile, in: "content"},
		"port":   {args: on("x", args{"name": "h", "key": text(pubKey), "port": 2222}), setup: plainFile, in: "content"},
		"hashed": {args: on("x", args{"name": "h", "key": text(pubKey), "hashed": true}), setup: plainFile, in: "content"},
		"path":   {args: on("x", args{"name": "h", "key": text(pubKey)}), setup: plainFile},
	},
	"limits": {
		"domain":  {args: on("x", args{"domain": "a", "type": "-", "item": "core", "value": "1"}), setup: plainFile, in: "content"},
		"type":    {args: on("x", args{"domain": "a", "type": "-", "item": "core", "value": "1"}), setup: plainFile, in: "content"},
		"item":    {args: on("x", args{"domain": "a", "type": "-", "item": "core", "value": "1"}), setup: plainFile, in: "content"},
		"value":   {args: on("x", args{"domain": "a", "type": "-", "item": "core", "value": "1"}), setup: plainFile, in: "content"},
		"comment": {args: on("x", args{"domain": "a", "type": "-", "item": "core", "value": "1", "comment": "c"}), setup: plainFile, in: "content"},
		"path":    {args: on("x", args{"domain": "a", "type": "-", "item": "core", "value": "1"}), setup: plainFile},
	},
	"ini": {
		"path":            {args: on("x", args{"key": "c", "value": text("d")}), setup: plainFile},
		"section":         {args: on("x", args{"section": "s", "key": "c", "value": text("d")}), setup: plainFile, in: "content"},
		"key":             {args: on("x", args{"key": "c", "value": text("d")}), setup: plainFile, in: "content"},
		"value":           {args: on("x", args{"key": "c", "value": text("d")}), setup: plainFile, in: "content"},
		"values":          {args: on("x", args{"key": "c", "values": []any{text("d")}}), setup: plainFile, in: "content"},
		"allow_no_value":  {args: on("x", args{"key": "c", "allow_no_value": true}), setup: plainFile, in: "content"},
		"section_has":     {args: on("x", args{"section": "s", "section_has": map[string]any{"d": text("e")}, "key": "c", "value": text("d")}), setup: plainFile, in: "content"},
		"no_extra_spaces": {args: on("x", args{"key": "c", "value": text("d"), "no_extra_spaces": true}), setup: plainFile, in: "content"},
		"owner":           {args: on("x", args{"key": "c", "value": text("d"), "owner": "12345"}), setup: plainFile},
		"group":           {args: on("x", args{"key": "c", "value": text("d"), "group": "12345"}), setup: plainFile},
		"mode":            {args: on("x", args{"key": "c", "value": text("d"), "mode": "0600"}), setup: plainFile},
		"validate":        {args: on("x", args{"key": "c", "value": text("d"), "validate": text("true %s")}), setup: plainFile},
		"backup":          {args: on("x", args{"key": "c", "value": text("d"), "backup": true}), setup: plainFile},
		"in_place":        {args: on("x", args{"key": "c", "value": text("d"), "in_place": true}), setup: plainFile},
		"hard_links":      {args: on("d/x", args{"key": "c", "state": "absent", "mode": "0600", "hard_links": true}), setup: strange},
		"create":          {args: on("new", args{"key": "c", "value": text("d"), "create": true})},
	},
	"replace": {
		"path":       {args: on("x", args{"regexp": "a", "replace": text("c")}), setup: plainFile},
		"regexp":     {args: on("x", args{"regexp": "a", "replace": text("c")}), setup: plainFile, in: "content"},
		"replace":    {args: on("x", args{"regexp": "a", "replace": text("c")}), setup: plainFile, in: "content"},
		"after":      {args: on("x", args{"regexp": "a", "replace": text("c"), "after": "^"}), setup: plainFile, in: "content"},
		"before":     {args: on("x", args{"regexp": "a", "replace": text("c"), "before": "b"}), setup: plainFile, in: "content"},
		"owner":      {args: on("x", args{"regexp": "a", "replace": text("c"), "owner": "12345"}), setup: plainFile},
		"group":      {args: on("x", args{"regexp": "a", "replace": text("c"), "group": "12345"}), setup: plainFile},
		"mode":       {args: on("x", args{"regexp": "a", "replace": text("c"), "mode": "0600"}), setup: plainFile},
		"validate":   {args: on("x", args{"regexp": "a", "replace": text("c"), "validate": text("true %s")}), setup: plainFile},
		"backup":     {args: on("x", args{"regexp": "a", "replace": text("c"), "backup": true}), setup: plainFile},
		"in_place":   {args: on("x", args{"regexp": "a", "replace": text("c"), "in_place": true}), setup: plainFile},
		"hard_links": {args: on("d/x", args{"regexp": "none", "mode": "0600", "hard_links": true}), setup: strange},
	},
	"json_value": seenOfValue(jsonFile, strangeJSON),
	"toml_value": seenOfValue(tomlFile, strangeTOML),
	"yaml_value": seenOfValue(jsonFile, strangeJSON),
	"group": {
		"name":   {args: account("seen-test", nil)},
		"gid":    {args: account("seen-test", args{"gid": 54321})},
		"system": {args: account("seen-test", args{"system": true})},

		"members": {args: account("seen-test", args{"members": []string{"daemon"}})},
		"append":  {args: account("tty", args{"members": []string{"daemon"}, "append": true})},
	},
	"cron": {
		"name":     {args: cronJob(nil), in: "content"},
		"command":  {args: cronJob(nil), in: "content"},
		"minute":   {args: cronJob(args{"minute": "1"}), in: "content"},
		"hour":     {args: cronJob(args{"hour": "1"}), in: "content"},
		"day":      {args: cronJob(args{"day": "1"}), in: "content"},
		"month":    {args: cronJob(args{"month": "1"}), in: "content"},
		"weekday":  {args: cronJob(args{"weekday": "1"}), in: "content"},
		"special":  {args: cronJob(args{"special": "daily"}), in: "content"},
		"disabled": {args: cronJob(args{"disabled": true}), in: "content"},
		"value":    {args: on("x", args{"name": "A", "value": text("1")}), in: "content"},
		"user":     {args: cronJob(args{"user": "daemon"}), in: "content"},
		"path":     {args: cronJob(nil)},
		"backup":   {args: cronJob(args{"backup": true}), setup: plainFile},
	},
	"hosts_entry": {
		"address":  {args: on("x", args{"address": "10.0.0.1", "names": []string{"a"}}), in: "content"},
		"names":    {args: on("x", args{"address": "10.0.0.1", "names": []string{"a"}}), in: "content"},
		"path":     {args: on("x", args{"address": "10.0.0.1", "names": []string{"a"}})},
		"backup":   {args: on("x", args{"address": "10.0.0.1", "names": []string{"a"}, "backup": true}), setup: plainFile},
		"in_place": {args: on("x", args{"address": "10.0.0.1", "names": []string{"a"}, "in_place": true}), setup: plainFile},
	},
	"link": {
		"path":   {args: on("l", args{"target": text("x")})},
		"target": {args: on("l", args{"target": text("y")}), setup: linked},
		"owner":  {args: on("l", args{"target": text("x"), "owner": "12345"}), setup: linked},
		"group":  {args: on("l", args{"target": text("x"), "group": "12345"}), setup: linked},
		"hard":   {args: func(f testDir) args { return args{"path": f.Arg("new"), "target": f.Arg("x"), "hard": true} }, setup: plainFile},
		"force":  {args: on("x", args{"target": text("y"), "force": true}), setup: plainFile},
	},
	"mount": {
		"path":    {args: mounted(args{"path": text("/b")})},
		"src":     {args: mounted(nil), in: "content"},
		"fstype":  {args: mounted(nil), in: "content"},
		"opts":    {args: mounted(args{"opts": "ro"}), in: "content"},
		"dump":    {args: mounted(args{"dump": 1}), in: "content"},
		"passno":  {args: mounted(args{"passno": 1}), in: "content"},
		"persist": {args: mounted(args{"persist": true}), in: "content"},
		"runtime": {args: mountedNow, in: "mounted"},
		"fstab":   {args: mounted(nil), in: "content"},
		"backup":  {args: mounted(args{"backup": true}), setup: plainFile},
	},
	"swap": {
		"path":     {args: swapped(args{"path": text("/nothing-is-here")}), in: "content"},
		"size":     {args: swapped(nil), in: "size"},
		"priority": {args: swapped(args{"priority": 3}), in: "content"},
		"persist":  {args: swapped(args{"persist": true}), in: "content"},
		"runtime":  {args: swapped(args{"runtime": true}), in: "running"},
		"fstab":    {args: swapped(nil), in: "content"},
	},
	"hostname": {
		"name":     {args: on("x", args{"name": "a", "runtime": false}), in: "content"},
		"path":     {args: on("x", args{"name": "a", "runtime": false})},
		"runtime":  {args: on("x", args{"name": "seen-test"}), in: "running"},
		"backup":   {args: on("x", args{"name": "a", "runtime": false, "backup": true}), setup: plainFile},
		"in_place": {args: on("x", args{"name": "a", "runtime": false, "in_place": true}), setup: plainFile},
	},
	"kernel_module": {
		"name":         {args: kernelModule(nil), in: "content"},
		"params":       {args: kernelModule(args{"params": "a=1"}), in: "options"},
		"path":         {args: kernelModule(nil)},
		"options_path": {args: kernelModule(args{"params": "a=1"}), in: "options"},
		"persist":      {args: kernelModule(args{"persist": true}), in: "content"},
		"runtime":      {args: kernelModule(args{"name": "kernel", "runtime": true}), in: "loaded"}, // which is always a part of it
	},
	"alternatives": {
		"name":      {args: candidate, setup: farmless},
		"path":      {args: candidate, setup: farmless},
		"link":      {args: candidate, setup: farmless},
		"priority":  {args: candidate, setup: farmless},
		"followers": {args: candidate, setup: farmless},
		"altdir":    {args: candidate, setup: farmless},
		"admindir":  {args: candidate, setup: farmless},
	},
	"locale": {
		"name":    {args: on("x", args{"name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false}), setup: plainFile, in: "content"},
		"charset": {args: on("x", args{"name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false}), setup: plainFile, in: "content"},
		"path":    {args: on("x", args{"name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false}), setup: plainFile},
	},
	"timezone": {
		"name": {args: on("l", args{"name": "UTC"}), in: "zone"},
		"path": {args: on("l", args{"name": "UTC"})},
	},
	"script": {
		"name":   {args: scripted(args{"read": text("echo null")})},
		"inputs": {args: scripted(args{"inputs": map[string]any{"mode": text("off")}})},
		"read":   {args: scripted(args{"read": text(`echo '{"mode":"off"}'`), "inputs": map[string]any{"mode": text("on")}}), in: "inputs"},
	},
	"sudoers": {
		"path":     {args: on("x", args{"content": text("#\n")})},
		"content":  {args: on("x", args{"content": text("#\n")})},
		"user":     {args: rule(args{"user": "seen-test"}), in: "content"},
		"group":    {args: rule(args{"group": "seen-test"}), in: "content"},
		"commands": {args: rule(args{"user": "ALL"}), in: "content"},
		"hosts":    {args: rule(args{"user": "ALL", "hosts": []string{"h"}}), in: "content"},
		"runas":    {args: rule(args{"user": "ALL", "runas": "app"}), in: "content"},
		"nopasswd": {args: rule(args{"user": "ALL", "nopasswd": true}), in: "content"},
		"noexec":   {args: rule(args{"user": "ALL", "noexec": true}), in: "content"},
		"setenv":   {args: rule(args{"user": "ALL", "setenv": true}), in: "content"},
		"backup":   {args: on("x", args{"content": text("#\n"), "backup": true}), setup: plainFile},
	},
	"download": {
		"path":       {args: on("x", args{"url": "https://a.example/x", "unverified": true})},
		"url":        {args: on("x", args{"url": "https://a.example/x", "unverified": true})},
		"checksum":   {args: on("x", args{"url": "https://a.example/x", "checksum": strings.Repeat("0a", 32)}), setup: plainFile},
		"unverified": {args: on("x", args{"url": "https://a.example/x", "unverified": true})},
		"from":       {args: on("x", args{"url": "https://a.example/x", "unverified": true, "from": "host"})},
		"owner":      {args: on("x", args{"url": "https://a.example/x", "unverified": true, "owner": "12345"}), setup: plainFile},
		"group":      {args: on("x", args{"url": "https://a.example/x", "unverified": true, "group": "12345"}), setup: plainFile},
		"mode":       {args: on("x", args{"url": "https://a.example/x", "unverified": true, "mode": "0600"}), setup: plainFile},
		"validate":   {args: on("x", args{"url": "https://a.example/x", "unverified": true, "validate": text("true %s")})},
		"backup":     {args: on("x", args{"url": "https://a.example/x", "checksum": strings.Repeat("0a", 32), "backup": true}), setup: plainFile},
	},
	"sysctl": {
		"name":    {args: on("x", args{"name": "vm.x", "value": "1", "runtime": false}), in: "content"},
		"value":   {args: on("x", args{"name": "vm.x", "value": "1", "runtime": false}), in: "content"},
		"path":    {args: on("x", args{"name": "vm.x", "value": "1", "runtime": false})},
		"persist": {args: on("x", args{"name": "vm.swappiness", "value": "7", "persist": false}), in: "value"},
		"runtime": {args: on("x", args{"name": "vm.swappiness", "value": "7", "runtime": true}), in: "value"},
	},
	"user": {
		"name":          {args: account("seen-test", nil)},
		"uid":           {args: account("seen-test", args{"uid": 54321})},
		"group":         {args: account("seen-test", args{"group": "root"})},
		"groups":        {args: account("seen-test", args{"groups": []string{"root"}})},
		"append":        {args: account("daemon", args{"groups": []string{"root"}, "append": true})},
		"home":          {args: account("seen-test", args{"home": text("/home/seen")})},
		"create_home":   {args: account("seen-test", args{"create_home": false})},
		"skeleton":      {args: account("seen-test", args{"skeleton": text("/etc/skel")})},
		"shell":         {args: account("seen-test", args{"shell": text("/bin/false")})},
		"comment":       {args: account("seen-test", args{"comment": text("Seen")})},
		"system":        {args: account("seen-test", args{"system": true})},
		"password_hash": {args: account("seen-test", args{"password_hash": "*"})},
		"locked":        {args: account("seen-test", args{"password_hash": "*", "locked": true})},
		"expires":       {args: account("seen-test", args{"expires": "2031-01-01"})},

		"generate_ssh_key":                {args: account("seen-test", args{"generate_ssh_key": true})},
		"password_expire_min":             {args: account("seen-test", args{"password_expire_min": 1})},
		"password_expire_max":             {args: account("seen-test", args{"password_expire_max": 90})},
		"password_expire_warn":            {args: account("seen-test", args{"password_expire_warn": 7})},
		"password_expire_account_disable": {args: account("seen-test", args{"password_expire_account_disable": 30})},
	},
}

// seenOfTree is the part of seenArguments of the kinds that make a directory as a tree of the
// controller.
var seenOfTree = map[string]decides{
	"path":           {args: on("d", synced(nil))},
	"owner":          {args: on("d", synced(args{"owner": "12345"})), setup: strange},
	"group":          {args: on("d", synced(args{"group": "12345"})), setup: strange},
	"mode":           {args: on("d", synced(args{"mode": "0700", "directory_mode": "0755"})), setup: strange},
	"directory_mode": {args: on("d", synced(args{"directory_mode": "0700"})), setup: strange},
	"delete":         {args: on("d", synced(args{"delete": true})), setup: strange},
}

// seenOfValue is that of the kinds that keep a value of a document. setup writes the document, and
// strange one with other names and permissions.
func seenOfValue(setup, strange func(*testing.T, testDir)) map[string]decides {
	return map[string]decides{
		"path":       {args: on("x", args{"pointer": "/c", "value": text("1")}), setup: setup},
		"pointer":    {args: on("x", args{"pointer": "/c", "value": text("1")}), setup: setup, in: "content"},
		"value":      {args: on("x", args{"pointer": "/c", "value": text("1")}), setup: setup, in: "content"},
		"owner":      {args: on("x", args{"pointer": "/c", "value": text("1"), "owner": "12345"}), setup: setup},
		"group":      {args: on("x", args{"pointer": "/c", "value": text("1"), "group": "12345"}), setup: setup},
		"mode":       {args: on("x", args{"pointer": "/c", "value": text("1"), "mode": "0600"}), setup: setup},
		"validate":   {args: on("x", args{"pointer": "/c", "value": text("1"), "validate": text("true %s")}), setup: setup},
		"backup":     {args: on("x", args{"pointer": "/c", "value": text("1"), "backup": true}), setup: setup},
		"in_place":   {args: on("x", args{"pointer": "/c", "value": text("1"), "in_place": true}), setup: setup},
		"hard_links": {args: on("d/y", args{"pointer": "/c", "state": "absent", "mode": "0600", "hard_links": true}), setup: strange},
		"create":     {args: on("new", args{"pointer": "/c", "value": text("1"), "create": true})},
	}
}

// synced are arguments of a directory_sync or an archive whose source is empty.
func synced(more args) args {
	out := args{"source": text("s"), "source_manifest": []byte{1, 0}, "source_contents": []byte{}}
	for name, v := range more {
		out[name] = v
	}
	return out
}

// unseenArguments are the arguments that no plan shows, with the reason.
var unseenArguments = map[string]string{
	"file state":              "the symbol of the action says whether it comes or goes",
	"directory state":         "the symbol of the action says whether it comes or goes",
	"group state":             "the symbol of the action says whether it comes or goes",
	"link state":              "the symbol of the action says whether it comes or goes",
	"user update_password":    "it says whether password_hash counts, and that is seen",
	"user force":              "it counts only while programs run under the account, and the plan says which",
	"user move_home":          "it counts only if another home is there, and then the plan names it",
	"user remove_home":        "the plan lists what goes along with the account",
	"user state":              "the symbol of the action says whether it comes or goes",
	"script state":            "the symbol of the action says whether it comes or goes",
	"line state":              "the difference of the content says whether the line comes or goes",
	"json_value state":        "the difference of the content says whether the value comes or goes",
	"toml_value state":        "the difference of the content says whether the value comes or goes",
	"yaml_value state":        "the difference of the content says whether the value comes or goes",
	"file checksum":           "another content is an error",
	"directory purge":         "the plan lists what goes, once the controller knows what is declared",
	"ini state":               "the difference of the content says whether the key comes or goes",
	"ini match":               "the difference of the content says which section is meant",
	"ini inline_comments":     "the difference of the content says what becomes of a comment",
	"block state":             "the difference of the content says whether the block comes or goes",
	"script apply":            "what it does is what inputs says, or an error",
	"script destroy":          "what it does is that the thing goes, or an error",
	"script interpreter":      "it runs the scripts, and is seen in what read says",
	"script env":              "the scripts read it, and it is seen in what read says",
	"script files":            "the scripts read them, and they are seen in what read says",
	"script exact":            "it says what else a plan knows, and nothing of the change",
	"file create":             "false keeps a missing file from being made, which is an error and no change",
	"authorized_key user":     "the path of the change is that of the user's file",
	"authorized_key state":    "the difference of the content says whether the key comes or goes",
	"known_host user":         "the path of the change is that of the user's file",
	"known_host state":        "the difference of the content says whether the key comes or goes",
	"limits state":            "the difference of the content says whether the limit comes or goes",
	"sudoers state":           "the symbol of the action says whether it comes or goes",
	"cron state":              "the difference of the content says whether the job comes or goes",
	"hosts_entry state":       "the difference of the content says whether the entry comes or goes",
	"mount state":             "the difference of the content, and of what is mounted, says whether it comes or goes",
	"swap state":              "the difference of the content, of size and of running says whether it comes or goes",
	"kernel_module state":     "the difference of the content, and whether it is loaded, says whether it comes or goes",
	"alternatives state":      "the difference of mode and choice says what is chosen, and the symbol whether it comes or goes",
	"locale state":            "the difference of the content says whether the line comes or goes, and generated whether the locale does",
	"locale runtime":          "generated is seen only with it",
	"sysctl state":            "the difference of the content says whether the setting comes or goes",
	"user ssh_key_type":       "it counts only for a key that is made, whose path has it",
	"user ssh_key_bits":       "it counts only for a key that is made",
	"user ssh_key_comment":    "it counts only for a key that is made, and the public key has it",
	"user ssh_key_file":       "the plan lists what is made along with the account",
	"user ssh_key_passphrase": "it is a secret, and counts only for a key that is made",

	"download state":           "the symbol of the action says whether it comes or goes",
	"download headers":         "the server is told them, and nothing is on the machine",
	"download user":            "the server is told it, and nothing is on the machine",
	"download password":        "the server is told it, and nothing is on the machine",
	"download ca":              "another certificate is an error",
	"download connect_timeout": "that it is over is an error",
	"archive source":           "the plan lists what differs from it",
	"archive strip":            "the plan lists what differs from the paths that are left",
	"archive exclude":          "what is excluded is not in the list of what differs",
	"directory_sync source":    "the plan lists what differs from it",
	"directory_sync exclude":   "what is excluded is not in the list of what differs",
}

// If an argument decides what an apply does, the plan shows it, as a change of the
// thing or as the way in which it is made. Whoever adds an argument says in these
// tables where it is seen, or why it need not be.
func TestEveryArgumentIsSeen(t *testing.T) {
	for _, def := range kinds.Kinds() {
		for _, a := range def.Args.Attrs {
			c, shown := seenArguments[def.Name][a.Name]
			if why := unseenArguments[def.Name+" "+a.Name]; shown == (why != "") {
				t.Errorf("%s %s: say in which change it is seen, or why it need not be", def.Name, a.Name)
			}
			if !shown || rootsOwn[def.Name] && os.Geteuid() != 0 {
				continue
			}
			t.Run(def.Name+" "+a.Name, func(t *testing.T) { c.isSeen(t, def.Name, a.Name) })
		}
	}
}

func (c decides) isSeen(t *testing.T, kind, arg string) {
	f := newTestDir(t)
	f.Empty(t)
	if c.setup != nil {
		c.setup(t, f)
	}
	in := arg
	if c.in != "" {
		in = c.in
	}
	got := mustCheck(t, newService(), "p", step{Address: "a", Kind: kind, Args: c.args(f)})
	_, before := got.Before[in]
	_, after := got.After[in]
	if got.Op == resource.NoOp || !before && !after && !slices.Contains(got.Uses, in) {
		t.Errorf("the change %s does not show the argument:\nbefore %v\nafter  %v\nuses   %v", got.Op, got.Before, got.After, got.Uses)
	}
}

// What is wrong because an argument is not set is not wrong yet while that is not known: it may
// turn out to be set. Of each case of the table, every argument, every two and all but one or two
// are unknown.
func TestWhatIsUnknownIsNotMissing(t *testing.T) {
	f := newTestDir(t)
	for _, def := range kinds.Kinds() {
		for arg, c := range seenArguments[def.Name] {
			all := c.args(f)
			if bad := def.Problems(all, nil); len(bad) > 0 {
				t.Errorf("%s %s: the case itself is wrong: %v", def.Name, arg, bad[0].Error())
				continue
			}
			names := slices.Sorted(maps.Keys(all))
			for i := range names {
				for j := range names[:i+1] {
					some := []string{names[i], names[j]}
					rest := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(some, n) })
					for _, unknown := range [][]string{some, rest} {
						known := maps.Clone(all)
						maps.DeleteFunc(known, func(n string, _ any) bool { return slices.Contains(unknown, n) })
						for _, p := range def.Problems(known, unknown) {
							t.Errorf("%s %v, while %q are not known: %v", def.Name, known, unknown, p.Error())
						}
					}
				}
			}
		}
	}
}

// An argument that has no part in a change is not in its Uses.
func TestArgumentsThatTakeNoPart(t *testing.T) {
	for name, c := range map[string]decides{
		"only the mode": {args: on("x", args{"content": text("a\nb\n"), "mode": "0600", "validate": text("true %s"), "backup": true, "force": true, "follow": true, "in_place": true, "hard_links": true}), setup: plainFile},
		"a new file":    {args: on("new", args{"content": text("x"), "backup": true, "force": true, "follow": true, "in_place": true, "hard_links": true})},
		"nothing":       {args: on("x", args{"content": text("a\nb\n"), "validate": text("true %s"), "backup": true}), setup: plainFile},
	} {
		f := newTestDir(t)
		f.Empty(t)
		if c.setup != nil {
			c.setup(t, f)
		}
		if got := mustCheck(t, newService(), "p", step{Address: "a", Kind: "file", Args: c.args(f)}); len(got.Uses) > 0 {
			t.Errorf("%s: %s uses %q", name, got.Op, got.Uses)
		}
	}
}

// swapped are the arguments of a swap file that is not in use, with the file x for /etc/fstab.
func swapped(more args) func(f testDir) args {
	return func(f testDir) args {
		out := args{"path": f.Arg("s"), "size": "1M", "fstab": f.Arg("x"), "runtime": false}
		maps.Copy(out, more)
		return out
	}
}

// mounted is a mount that is in the file x alone, but for what more says.
func mounted(more args) func(testDir) args {
	return func(f testDir) args {
		out := args{"path": text("/nothing-is-here"), "src": text("tmpfs"), "fstype": "tmpfs", "fstab": f.Arg("x"), "runtime": false}
		for arg, v := range more {
			out[arg] = v
		}
		return out
	}
}

// mountedNow is one that is mounted now alone.
func mountedNow(f testDir) args {
	return args{"path": f.Arg("m"), "src": text("tmpfs"), "fstype": "tmpfs", "persist": false}
}

// kernelModule is a module that is in the files x and o alone, but for what more says.
func kernelModule(more args) func(testDir) args {
	return func(f testDir) args {
		out := args{"name": "nothing_is_here", "path": f.Arg("x"), "options_path": f.Arg("o"), "runtime": false}
		for arg, v := range more {
			out[arg] = v
		}
		return out
	}
}

// candidate is a candidate of the name ed with a follower, in the directories alt and admin.
func candidate(f testDir) args {
	follows := args{"name": "ed.1", "link": f.Arg("ed.1"), "path": f.Arg("l")}
	return args{"name": "ed", "path": f.Arg("x"), "link": f.Arg("ed"), "priority": 10, "followers": []any{follows}, "altdir": f.Arg("alt"), "admindir": f.Arg("admin")}
}

// farmless makes these directories, and the candidate.
func farmless(t *testing.T, f testDir) {
	linked(t, f)
	for _, name := range []string{"alt", "admin"} {
		must(t, os.Mkdir(f.At(name), 0o755))
	}
}

// farmed makes them with the name in them.
func farmed(t *testing.T, f testDir) {
	farmless(t, f)
	f.Write(t, "admin/ed", "auto\n"+f.At("ed")+"\n\n"+f.At("x")+"\n10\n\n", 0o644)
	must(t, os.Symlink(f.At("x"), f.At("alt/ed")))
	must(t, os.Symlink(f.At("alt/ed"), f.At("ed")))
}
