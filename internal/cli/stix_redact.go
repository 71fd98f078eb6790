package cli

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/marking"
	"countersign.dev/internal/sharing/stix"
)

const stixRedactLong = `Redact makes of a file with STIX 2.1 a bundle that may go to whoever may see --most. What
may go on as it is stays so, byte for byte. An object with parts that are marked too strictly,
or with references to what may not go on, is replaced by a derived one: with an id and a date
of its own, and made by --by. What is not whole without those parts is left out, and named on
standard error. With --links the bundle says from what the derived objects are derived; these
relationships name the originals, and are marked as strictly as them.

It needs no store and no network.`

func (a *app) stixRedactCommand() *cobra.Command {
	var most, by, to string
	var links bool
	c := command("redact FILE", "Derive what may go on from what may not", 1, 1, func(_ *cobra.Command, args []string) error {
		b, err := a.readSTIX(args[0])
		if err != nil {
			return err
		}
		r := marking.Redaction{By: by, Now: a.now(), ID: func(kind string) string { return kind + "--" + newUUID() }}
		if r.Most, err = marking.ParseTLP(most); err != nil || r.Most == marking.Unmarked {
			return problem.New(problem.Invalid, "--most %q: want clear, green, amber, amber+strict or red", most)
		}
		out, err := redactFile(b, r)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(out.Dropped)) {
			a.warn("%s is left out: %s", oneLine(id), oneLine(out.Dropped[id]))
		}
		bundle := slices.Concat(out.Objects, out.Derived)
		if links {
			bundle = append(bundle, out.Links...)
		}
		body := fmt.Appendf(nil, "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[\n%s\n]}\n", newUUID(), bytes.Join(bundle, []byte(",\n")))
		if to == "" {
			_, err = a.out.Write(body)
			return err
		}
		if err := os.WriteFile(to, body, 0o644); err != nil {
			return problem.New(problem.Invalid, "%s: %s", to, reasonOf(err))
		}
		return nil
	})
	c.Use = "redact FILE|-"
	c.Long = stixRedactLong
	c.Flags().StringVar(&most, "most", "", "strictest `LEVEL` that may go on: clear, green, amber, amber+strict or red")
	c.Flags().StringVar(&by, "by", "", "`IDENTITY` that makes what is derived, as identity--…")
	c.Flags().StringVarP(&to, "output", "o", "", "`FILE` to write (default standard output)")
	c.Flags().BoolVar(&links, "links", false, "say from what the derived objects are derived")
	for _, f := range []string{"most", "by"} {
		if err := c.MarkFlagRequired(f); err != nil {
			panic(err) // a flag that is not there
		}
	}
	return c
}

// redactFile redacts the objects of a file. What is derived has to be what the
// standard says; what was not before is left out.
func redactFile(b []byte, r marking.Redaction) (*marking.Redacted, error) {
	raw, _, err := stix.Split(b, stix.Limits{})
	if err != nil {
		return nil, err
	}
	objects := make([][]byte, len(raw))
	for i := range raw {
		objects[i] = raw[i]
	}
	r.Lookup = marking.Held(objects)
	return marking.RedactAll(objects, r, func(derived []byte) error {
		o, err := stix.Parse(derived, stix.Limits{})
		if err != nil {
			return err
		}
		if found := stix.Validate(o).Errors; len(found) > 0 {
			return problem.New(problem.Invalid, "without what may not go on it is not whole: %s: %s", found[0].Path, found[0].Message)
		}
		return nil
	})
}

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
