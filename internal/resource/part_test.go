package resource

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Two edits of one file clash if one undoes the other at each apply.
func TestEditsThatClash(t *testing.T) {
	type args = map[string]any
	edit := func(a args) Part { return new(Parts).Of(named(t, "line"), a, nil) }
	for name, c := range map[string]struct {
		p, q   args
		want   Clash
		undoes bool
	}{
		"different lines":             {args{"line": "a"}, args{"line": "b"}, Agree, false},
		"one line":                    {args{"line": "a"}, args{"line": "a"}, Agree, false},
		"one expression":              {args{"regexp": "^a", "line": "a1"}, args{"regexp": "^a", "line": "a2"}, SameRegexp, true},
		"the other's line is taken":   {args{"regexp": "^a", "line": "a1"}, args{"line": "a2"}, TakesLine, true},
		"it is taken and left as is":  {args{"regexp": "^a", "line": "a1"}, args{"line": "a1"}, Agree, false},
		"the other's line is removed": {args{"line": "a", "state": "absent"}, args{"line": "a"}, RemovesLine, true},
		"removed by an expression":    {args{"regexp": "^a", "state": "absent"}, args{"line": "a2"}, RemovesLine, true},
		"both remove":                 {args{"line": "a", "state": "absent"}, args{"line": "a", "state": "absent"}, Agree, false},
		"the second follows on":       {args{"line": "a1"}, args{"regexp": "^a", "line": "$1", "backrefs": true}, Agree, true},
		"a text that is searched":     {args{"search": "a.", "line": "b"}, args{"line": "xa.y"}, TakesLine, true},
		"a text is no expression":     {args{"search": "a.", "line": "b"}, args{"line": "xaby"}, Agree, false},
		"one text, said in two ways":  {args{"search": "a.", "line": "b"}, args{"regexp": "a\\.", "line": "c"}, SameRegexp, true},
		"a wrong expression":          {args{"regexp": "(", "line": "a"}, args{"line": "("}, Agree, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, q := edit(c.p), edit(c.q)
			if got := p.Clashes(q); got != c.want {
				t.Errorf("they clash by %q, want %q", got, c.want)
			}
			if got := p.Undoes(q); got != c.undoes {
				t.Errorf("that the first undoes the second is %v, want %v", got, c.undoes)
			}
		})
	}
}

// Two blocks of one file clash if their marker is the same.
func TestBlocksThatClash(t *testing.T) {
	type args = map[string]any
	block := func(a args) Part { return new(Parts).Of(named(t, "block"), a, nil) }
	for name, c := range map[string]struct {
		p, q args
		want Clash
	}{
		"different markers":    {args{"marker": "# {mark} a", "content": "x"}, args{"marker": "# {mark} b", "content": "x"}, Agree},
		"one marker":           {args{"marker": "# {mark} a", "content": "x"}, args{"marker": "# {mark} a", "content": "y"}, SameMarker},
		"the marker of nobody": {args{"content": "x"}, args{"content": "y"}, SameMarker},
		"as it is by default":  {args{"content": "x"}, args{"marker": "# {mark} mitoplan", "content": "y"}, SameMarker},
		"one removes it":       {args{"content": "x"}, args{"state": "absent"}, SameMarker},
		"both remove it":       {args{"state": "absent"}, args{"state": "absent"}, Agree},
	} {
		p, q := block(c.p), block(c.q)
		if got := p.Clashes(q); got != c.want || p.Undoes(q) != (c.want != Agree) {
			t.Errorf("%s: they clash by %q, want %q", name, got, c.want)
		}
		if same := name != "different markers"; p.Same(q) != same {
			t.Errorf("%s: that they are one part is %v", name, !same)
		}
	}
	for _, name := range []string{"state", "marker"} {
		if p := new(Parts).Of(named(t, "block"), args{"content": "x"}, []string{name}); p.Marker != "" {
			t.Errorf("with %s unknown the part is %+v, want an empty one", name, p)
		}
	}
}

// Two keys of one file clash if they are one key of one section.
func TestKeysThatClash(t *testing.T) {
	type args = map[string]any
	ini := func(a args) Part { return new(Parts).Of(named(t, "ini"), a, nil) }
	for name, c := range map[string]struct {
		p, q args
		want Clash
	}{
		"different keys":     {args{"section": "s", "key": "a"}, args{"section": "s", "key": "b"}, Agree},
		"different sections": {args{"section": "s", "key": "a"}, args{"section": "t", "key": "a"}, Agree},
		"no section":         {args{"section": "s", "key": "a"}, args{"key": "a"}, Agree},
		"sections that have": {args{"section": "s", "key": "a", "section_has": args{"i": "1"}}, args{"section": "s", "key": "a", "section_has": args{"i": "2"}}, Agree},
		"first and last":     {args{"section": "s", "key": "a", "match": "first"}, args{"section": "s", "key": "a", "match": "last"}, Agree},
		"one key":            {args{"section": "s", "key": "a", "value": "x"}, args{"section": "s", "key": "a", "match": "error"}, SameKey},
		"one of no section":  {args{"key": "a"}, args{"key": "a", "state": "absent"}, SameKey},
		"both remove it":     {args{"key": "a", "state": "absent"}, args{"key": "a", "state": "absent"}, Agree},
	} {
		p, q := ini(c.p), ini(c.q)
		if got := p.Clashes(q); got != c.want || p.Undoes(q) != (c.want != Agree) {
			t.Errorf("%s: they clash by %q, want %q", name, got, c.want)
		}
		if same := c.want == SameKey || name == "both remove it"; p.Same(q) != same {
			t.Errorf("%s: that they are one part is %v", name, !same)
		}
	}
	for _, name := range []string{"state", "section", "key", "section_has", "match"} {
		if p := new(Parts).Of(named(t, "ini"), args{"key": "k"}, []string{name}); p.Key != "" {
			t.Errorf("with %s unknown the part is %+v, want an empty one", name, p)
		}
	}
}

// Two values of one file clash if one is in the other.
func TestValuesThatClash(t *testing.T) {
	type args = map[string]any
	value := func(a args) Part { return new(Parts).Of(named(t, "json_value"), a, nil) }
	for name, c := range map[string]struct {
		p, q args
		want Clash
	}{
		"different":       {args{"pointer": "/a"}, args{"pointer": "/b"}, Agree},
		"no key of it":    {args{"pointer": "/ab"}, args{"pointer": "/a"}, Agree},
		"the same":        {args{"pointer": "/a"}, args{"pointer": "/a"}, SameKey},
		"in the other":    {args{"pointer": "/a/b"}, args{"pointer": "/a"}, InKey},
		"around it":       {args{"pointer": "/a"}, args{"pointer": "/a/b"}, Agree}, // told once
		"what is to go":   {args{"pointer": "/a/b"}, args{"pointer": "/a", "state": "absent"}, InKey},
		"both are to go":  {args{"pointer": "/a/b", "state": "absent"}, args{"pointer": "/a", "state": "absent"}, Agree},
		"a key of an ini": {args{"pointer": "/a"}, nil, Agree},
	} {
		p, q := value(c.p), Part{Key: "s\x00\x00/a"}
		if c.q != nil {
			q = value(c.q)
		}
		if got := p.Clashes(q); got != c.want {
			t.Errorf("%s: they clash by %q, want %q", name, got, c.want)
		}
		if p.Undoes(q) != (c.want != Agree || name == "around it") {
			t.Errorf("%s: that one undoes the other is %v", name, p.Undoes(q))
		}
	}
	for _, name := range []string{"state", "pointer"} {
		if p := new(Parts).Of(named(t, "json_value"), args{"pointer": "/k"}, []string{name}); p.Key != "" {
			t.Errorf("with %s unknown the part is %+v, want an empty one", name, p)
		}
	}
}

// An argument that is not known yet clashes with nothing.
func TestPartOfWhatIsUnknown(t *testing.T) {
	var parts Parts
	for _, name := range []string{"state", "regexp", "search"} {
		if p := parts.Of(named(t, "line"), map[string]any{"line": "a"}, []string{name}); p.Line != nil || p.Absent || p.Regexp != nil {
			t.Errorf("with %s unknown the part is %+v, want an empty one", name, p)
		}
	}
}

// A block asks for a file as a whole if it says what the file holds, or that there
// is no file.
func TestWholeFiles(t *testing.T) {
	type args = map[string]any
	var parts Parts
	for name, c := range map[string]struct {
		args    args
		unknown []string
		want    bool
	}{
		"content":              {args{"content": kind.Text("x")}, nil, true},
		"unknown content":      {args{}, []string{"content"}, true},
		"a source":             {args{"source": "x"}, nil, true},
		"content only to make": {args{"content": kind.Text("x"), "replace": false}, nil, false},
		"an owner":             {args{"owner": "app"}, nil, false},
		"absent":               {args{"state": "absent"}, nil, true},
	} {
		if got := parts.Of(named(t, "file"), c.args, c.unknown).Whole; got != c.want {
			t.Errorf("%s: whole is %v, want %v", name, got, c.want)
		}
	}
}

// Two owners or modes differ if one file cannot have both, in whatever order they
// are applied.
func TestOwnersDiffer(t *testing.T) {
	owner, mode := kind.Attr{Name: "owner"}, kind.Attr{Name: "mode", Form: "mode"}
	for _, c := range []struct {
		attr kind.Attr
		a, b string
		want bool
	}{
		{owner, "app", "app", false}, {owner, "app", "web", true}, {owner, "1", "2", true},
		{owner, "app", "1000", false}, // only the machine knows
		{mode, "0644", "0644", false}, {mode, "0644", "644", false}, {mode, "0644", "0600", true},
		{mode, "u+x", "g+r", false}, {mode, "u+x", "u-x", true}, {mode, "0755", "u+x", false}, {mode, "0644", "u+x", true},
		{mode, "9z", "0644", false}, {mode, "0644", "9z", false}, // 9z is a problem of its own block
	} {
		if got := OwnersDiffer(c.attr, c.a, c.b); got != c.want {
			t.Errorf("%s %s and %s differ: %v, want %v", c.attr.Name, c.a, c.b, got, c.want)
		}
		if got := OwnersDiffer(c.attr, c.b, c.a); got != c.want {
			t.Errorf("the other way round, %s %s and %s differ: %v, want %v", c.attr.Name, c.b, c.a, got, c.want)
		}
	}
}
