package db

import "context"

// Listen calls wake whenever another node's transaction that called
// [Tx.Notify] commits, and once whenever it begins to listen anew, until ctx
// ends. It never promises that no wake-up is lost: a follower polls as well.
// On SQLite it returns at once.
func (d *DB) Listen(ctx context.Context, wake func()) { d.engine.listen(ctx, wake) }

// Check asks the engine whether it is sound, and returns what is wrong in
// lines for an operator: none when nothing is.
func (d *DB) Check(ctx context.Context) ([]string, error) {
	var found []string
	err := d.Read(ctx, func(t *Tx) error {
		var err error
		found, err = d.engine.check(ctx, t)
		return err
	})
	return found, err
}
