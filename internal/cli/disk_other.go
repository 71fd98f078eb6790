//go:build !linux && !darwin

package cli

import "errors"

// freeSpace is how many bytes of the disk under dir are left for this user.
func freeSpace(string) (uint64, error) {
	return 0, errors.New("free space cannot be found out on this platform")
}
