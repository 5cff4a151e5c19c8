package config

import "testing"

// What leads to no instance is told in the same words whoever asks: a reference, an
// order or an option.
func TestWhichInstances(t *testing.T) {
	a, b, web2, web3 := Key{Text: "a"}, Key{Text: "b"}, Key{Text: "web2"}, Key{Text: "web3"}
	zero, one := Key{Text: "0", Index: true}, Key{Text: "1", Index: true}
	single, letters := []Instance{{}}, []Instance{{Keys: []Key{a}}, {Keys: []Key{b}}}
	numbers, both := []Instance{{Keys: []Key{zero}}, {Keys: []Key{one}}}, []Instance{{Keys: []Key{a, web2}}, {Keys: []Key{a, web3}}, {Keys: []Key{b, web2}}}
	for _, c := range []struct {
		given string
		insts []Instance
		want  string
	}{
		{`file.x`, single, ""},
		{`file.x["a"]`, letters, ""},
		{`file.x["a"]`, both, ""},
		{`file.x["a"]`, nil, "file.x has no instances: its for_each, count or on is empty."},
		{`file.x["a"]`, single, "file.x has a single instance, which has no key. Write file.x."},
		{`file.x[1]["a"]`, numbers, "file.x[1] is a single instance, which has no further key. Write file.x[1]."},
		{`file.x["c"]`, letters, `file.x has no instance with the key "c". It has the keys "a" and "b".`},
		{`file.x["A"]`, letters, `file.x has no instance with the key "A". Did you mean file.x["a"]? It has the keys "a" and "b".`},
		{`file.x[7]`, numbers, "file.x has no instance with the key 7. It has the keys 0 and 1."},
		{`file.x["a"]["wbe3"]`, both, `file.x["a"] has no instance with the key "wbe3". Did you mean file.x["a"]["web3"]? It has the keys "web2" and "web3".`},
		{`file.x["b"]["web3"]`, both, `file.x["b"] has no instance with the key "web3". Did you mean file.x["b"]["web2"]? It has the key "web2".`},
		{`file.x["c"]["web3"]`, both, `file.x has no instance with the key "c". It has the keys "a" and "b".`},
	} {
		given, err := ParseAddress(c.given)
		if err != nil {
			t.Fatal(err)
		}
		if got := WhichInstances(given, c.insts); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.given, got, c.want)
		}
	}
}
