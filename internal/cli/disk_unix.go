//go:build linux || darwin

package cli

import (
	"fmt"
	"syscall"
)

// freeSpace is how many bytes of the disk under dir are left for this user.
func freeSpace(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return s.Bavail * uint64(s.Bsize), nil
}
