package sigstore

// Join is several trusted roots as one: what one of them proves is proven.
func Join(roots ...*Root) *Root {
	out := &Root{}
	for _, r := range roots {
		out.instances = append(out.instances, r.instances...)
	}
	return out
}
