package osv

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/problem"
)

// ratioFrom is how much must have been unpacked before its ratio to the archive
// means anything.
const ratioFrom = 4 << 20

// archive reads the records of a zip archive. A file that is damaged or too
// large is reported and the others are used; an archive made to swell is
// refused. Names in it are read and never written to.
func (g *gatherer) archive(ctx context.Context, b []byte) error {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return problem.New(problem.Invalid, "not a whole zip archive: %v", err)
	}
	others := 0
	var buf bytes.Buffer
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if !isRecordName(f.Name) {
			others++
			continue
		}
		if err := g.next(ctx); err != nil {
			return err
		}
		buf.Reset()
		if err := g.unpack(&buf, f); err != nil {
			g.warn("%s: %v", advisory.Clip(advisory.Text(f.Name, maxName)), err)
			continue
		}
		if g.unpacked > g.limits.Unpacked || g.unpacked > ratioFrom && g.unpacked/max(len(b), 1) > g.limits.Ratio {
			return problem.New(problem.TooLarge, "the archive swells to more than %d bytes, or %d times its size", g.limits.Unpacked, g.limits.Ratio)
		}
		g.add(buf.Bytes(), "%s", advisory.Clip(advisory.Text(f.Name, maxName)))
	}
	if others > 0 {
		g.warn("files of the archive that are not named *.json: %d; left out", others)
	}
	return nil
}

// unpack reads one file of an archive. Its directory may lie about sizes.
func (g *gatherer) unpack(buf *bytes.Buffer, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(buf, io.LimitReader(r, int64(g.limits.Record)+1))
	g.unpacked += int(n)
	if err != nil {
		return err
	}
	if n > int64(g.limits.Record) {
		return problem.New(problem.TooLarge, "more than %d bytes", g.limits.Record)
	}
	return nil
}
