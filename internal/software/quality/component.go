package quality

import (
	"fmt"
	"strings"

	"countersign.dev/internal/software"
)

// producer looks for who makes the component. The formats' fields for the
// supplier have the same meaning in the publications of 2021 and 2026, so that
// they count as well.
func producer(c *software.Component) answer {
	return best(c.Maker, c.Author, c.Supplier)
}

func identifier(c *software.Component) answer {
	if c.PURL != "" || len(c.MorePURLs) > 0 || len(c.CPEs) > 0 {
		return present
	}
	return missing
}

func licence(c *software.Component) answer {
	out := missing
	for i := range c.Licences {
		switch best(c.Licences[i].Expression, c.Licences[i].Name) {
		case present:
			return present
		case unknown:
			out = unknown
		}
	}
	return out
}

// licenceExpression looks for an SPDX expression that was declared or
// concluded, as the argument says.
func licenceExpression(with []string) (componentTest, error) {
	if len(with) != 1 || with[0] != "declared" && with[0] != "concluded" {
		return nil, fmt.Errorf("with: want declared or concluded")
	}
	acknowledged := with[0]
	return func(s *sheet, i int) answer {
		out := missing
		for _, l := range s.bill.Components[i].Licences {
			if l.Acknowledged != acknowledged {
				continue
			}
			switch told(l.Expression) {
			case present:
				return present
			case unknown:
				out = unknown
			}
		}
		return out
	}, nil
}

// hash looks for a digest, by one of the named algorithms if any are named.
func hash(with []string) (componentTest, error) {
	algorithms := map[string]bool{}
	for _, w := range with {
		algorithms[plainAlgorithm(w)] = true
	}
	return func(s *sheet, i int) answer {
		out := missing
		for _, h := range s.bill.Components[i].Hashes {
			if h.Algorithm == "" || len(with) > 0 && !algorithms[plainAlgorithm(h.Algorithm)] {
				continue
			}
			switch told(h.Value) {
			case present:
				return present
			case unknown:
				out = unknown
			}
		}
		return out
	}, nil
}

// plainAlgorithm is an algorithm's name without what spellings differ in:
// "SHA-256", "SHA256" and "sha_256" are one.
func plainAlgorithm(name string) string {
	switch name {
	case "SHA-1":
		return "sha1"
	case "SHA-256":
		return "sha256"
	case "SHA-512":
		return "sha512"
	case "MD5":
		return "md5"
	}
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}

func download(c *software.Component) answer {
	if strings.Contains(c.Download, ":") {
		return present
	}
	return told(c.Download)
}

// relation looks for the component in the graph: as an end of a relation, or
// nested in another or with others nested in it.
func relation(with []string) (componentTest, error) {
	if len(with) > 0 {
		return nil, fmt.Errorf("with: this check takes nothing")
	}
	return func(s *sheet, i int) answer {
		if s.graph.related(i) {
			return present
		}
		return missing
	}, nil
}
