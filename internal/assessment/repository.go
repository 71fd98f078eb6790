package assessment

// Repository is the address of a repository as it is compared, in whatever way
// it was written: "git+https://github.com/acme/cam.git@refs/tags/v1" is
// "github.com/acme/cam".
func Repository(uri string) string { return repository(uri) }
