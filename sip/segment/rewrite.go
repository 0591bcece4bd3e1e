package segment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Rewrite puts another file in the place of a segment that is not written any more: each
// frame is what change makes of it. It returns how many were changed; if none was, the
// file stays. The new one is on disk before it takes the place, at once, of the old,
// and has its time. A torn last frame is left out.
func Rewrite(name string, change func(frame []byte, snapshot bool) []byte) (changed int, err error) {
	st, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, st.Mode().Perm())
	if err != nil {
		return 0, err
	}
	defer func() {
		if changed == 0 || err != nil {
			_ = os.Remove(name + ".new")
		}
	}()
	var buf []byte
	flush := func() error {
		_, err := f.Write(buf)
		buf = buf[:0]
		return err
	}
	err = Read(name, func(frame []byte, snapshot bool) error {
		was := string(frame)
		frame = change(frame, snapshot)
		if len(frame) > MaxFrame {
			return fmt.Errorf("%s: %w", name, ErrTooLarge)
		}
		if string(frame) != was {
			changed++
		}
		if buf = appendFrame(buf, frame); len(buf) > 1<<16 {
			return flush()
		}
		return nil
	})
	err = errors.Join(err, flush(), f.Sync(), f.Close())
	if err != nil || changed == 0 {
		return changed, err
	}
	if err := os.Chtimes(name+".new", st.ModTime(), st.ModTime()); err != nil {
		return changed, err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return changed, err
	}
	return changed, syncDir(filepath.Dir(name))
}
