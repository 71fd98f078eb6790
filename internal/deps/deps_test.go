package deps

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	ours   = "countersign.dev"
	binary = "countersign.dev/cmd/countersign"
)

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
	Module     *struct {
		Path string
		Dir  string
		Main bool
	}
}

// packages of the binary, by import path.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Standard,Module", binary)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]listed{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// TestAllowed compares the list with what our packages import.
func TestAllowed(t *testing.T) {
	all := packages(t)
	importedBy := map[string]string{} // a package of ours, by module
	for _, p := range all {
		if p.Module == nil || p.Module.Path != ours {
			continue
		}
		for _, i := range p.Imports {
			if q := all[i]; q.Module != nil && !q.Module.Main {
				importedBy[q.Module.Path] = p.ImportPath
			}
		}
	}
	if len(importedBy) == 0 {
		t.Fatal("no module is imported; this test looks in the wrong place")
	}
	for _, m := range Allowed {
		if m.Why == "" {
			t.Errorf("%s is allowed without a reason", m.Path)
		}
		if importedBy[m.Path] == "" {
			t.Errorf("%s is allowed, and nothing imports it: take it off the list", m.Path)
		}
		delete(importedBy, m.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(importedBy)) {
		t.Errorf("%s imports %s, which is not on the list", importedBy[path], path)
	}
	if most := 30; len(Allowed) > most {
		t.Errorf("%d modules are allowed; %d were to be enough", len(Allowed), most)
	}
	if !slices.IsSortedFunc(Allowed, func(a, b Module) int { return strings.Compare(a.Path, b.Path) }) {
		t.Error("the list is not sorted")
	}
}

// TestLicences looks at the licence of every module in the binary, those that
// others brought along included.
func TestLicences(t *testing.T) {
	dirs := map[string]string{}
	for _, p := range packages(t) {
		if p.Module != nil && !p.Module.Main {
			dirs[p.Module.Path] = p.Module.Dir
		}
	}
	for _, path := range slices.Sorted(maps.Keys(dirs)) {
		found, err := licenceOf(dirs[path])
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if !slices.Contains(fit, found) {
			t.Errorf("%s is under %s, which does not fit", path, found)
		}
		if i := slices.IndexFunc(Allowed, func(m Module) bool { return m.Path == path }); i >= 0 && Allowed[i].Licence != found {
			t.Errorf("%s is under %s; the list says %s", path, found, Allowed[i].Licence)
		}
	}
}

// licenceOf is the licence in a module's folder, told by words that only it
// has.
func licenceOf(dir string) (Licence, error) {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		return recognise(string(b)), nil
	}
	return "", errors.New("no licence file")
}

// marks are words that only one licence has. Where a file holds several
// licences, the first one is that of the module as a whole.
var marks = []struct {
	words   string
	licence Licence
}{
	{"apache license version 2.0", Apache2},
	{"licensed under the apache license, version 2.0", Apache2}, // the notice alone
	{"redistribution and use in source and binary forms", BSD2}, // or BSD3
	{"permission is hereby granted, free of charge, to any person", MIT},
	{"permission to use, copy, modify, and/or distribute this software for any purpose", ISC},
	{"permission to use, copy, modify, and distribute this software for any purpose", ISC},
	{"gnu ", "a GNU licence"},
	{"mozilla public license", "MPL"},
}

func recognise(text string) Licence {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	first, found := len(text), Licence("an unknown licence")
	for _, m := range marks {
		if i := strings.Index(text, m.words); i >= 0 && i < first {
			first, found = i, m.licence
		}
	}
	if found == BSD2 && strings.Contains(text, "endorse or promote") {
		return BSD3
	}
	return found
}

func TestRecognise(t *testing.T) {
	for _, test := range []struct {
		text string
		want Licence
	}{
		{"  Apache License\n  Version 2.0, January 2004", Apache2},
		{"Redistribution and use in source\nand binary forms … may be used to endorse or promote products", BSD3},
		{"Redistribution and use in source and binary forms", BSD2},
		{"GNU GENERAL PUBLIC LICENSE", "a GNU licence"},
		{"all rights reserved", "an unknown licence"},
	} {
		if got := recognise(test.text); got != test.want {
			t.Errorf("%.30q: %s, want %s", test.text, got, test.want)
		}
	}
}
