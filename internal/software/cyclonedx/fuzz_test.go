package cyclonedx

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

// tight are limits under which a fault of the reader shows soon.
var tight = Limits{Bytes: 1 << 20, Components: 200, Relations: 400, Weaknesses: 50, Depth: 40, Field: 2000, Broken: 20}

// holds checks what is true of the bill of every document that is read.
func holds(t *testing.T, text []byte) {
	b, err := Read(context.Background(), text, tight)
	if err != nil {
		var known *problem.Error
		if !errors.As(err, &known) {
			t.Fatalf("an error without a kind: %v", err)
		}
		return
	}
	n := len(b.Components)
	if n > tight.Components || len(b.Edges) > tight.Relations || len(b.Broken) > tight.Broken+1 || b.Root >= n {
		t.Fatalf("%d components, %d relations, %d broken parts, root %d", n, len(b.Edges), len(b.Broken), b.Root)
	}
	refs := map[string]bool{}
	for i, c := range b.Components {
		if c.Parent >= i {
			t.Fatalf("component %d is in %d", i, c.Parent)
		}
		if c.Ref != "" && refs[c.Ref] {
			t.Fatalf("two components have the ref %q", c.Ref)
		}
		refs[c.Ref] = true
	}
	for _, e := range b.Edges {
		if e.From < 0 || e.From >= n || e.To < 0 || e.To >= n {
			t.Fatalf("relation %+v of %d components", e, n)
		}
	}
	var out bytes.Buffer
	if err := Write(&out, b); err != nil {
		t.Fatal(err)
	}
	again, err := Read(context.Background(), out.Bytes(), Limits{})
	if err != nil {
		t.Fatalf("what was written is not read: %v", err)
	}
	if len(again.Components) != n || len(again.Weaknesses) != len(b.Weaknesses) {
		t.Fatalf("%d components and %d weaknesses, written were %d and %d", len(again.Components), len(again.Weaknesses), n, len(b.Weaknesses))
	}
}

func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		wholeJSON, smallBOM, statement(smallBOM), envelope(statement(smallBOM)), bundle(envelope(statement(smallBOM))),
		bom(`"components":[{"name":"a","bom-ref":"x"},{"name":"b","bom-ref":"x"},{"name":"b","bom-ref":"x#2"}],"dependencies":[{"ref":"x","dependsOn":["y","x#2"]}]`),
		bom(`"components":[{},{"components":[{"purl":"pkg:a/b"}]},null,1]`),
		bom(`"components":` + strings.Repeat(`[{"name":"a","components":`, 30)),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(holds)
}

func FuzzXML(f *testing.F) {
	for _, text := range []string{
		wholeXML, "<?xml version='1.0' encoding='ISO-8859-1'?>" + xmlBOM("<components><component><name>caf\xe9</name></component></components>"),
		xmlBOM("<components><component bom-ref='a'/><component bom-ref='a'><name>b</name><components><component/></components></component></components><dependencies><dependency ref='a'><dependency ref='b'/></dependency></dependencies>"),
		"<!DOCTYPE bom [<!ENTITY a 'b'>]>" + xmlBOM("&a;"),
		xmlBOM(strings.Repeat("<components><component>", 30)),
		`<bom xmlns="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"><components><component bom-ref="a"><name>a</name><v:vulnerabilities><v:vulnerability ref="a"><v:id>CVE-1</v:id><v:ratings><v:rating><v:score><v:base>9.8</v:base></v:score></v:rating></v:ratings></v:vulnerability></v:vulnerabilities></component></components></bom>`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(holds)
}
