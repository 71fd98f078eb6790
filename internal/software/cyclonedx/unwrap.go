package cyclonedx

func unwrap(b []byte) ([]byte, bool, error) { return b, false, nil }
