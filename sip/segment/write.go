package segment

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// A write into the page cache takes microseconds, less than telling Go's scheduler
// of it: each announcement that ends a pause wakes the scheduler's watchdog thread.
// So writes are silent while the disk keeps up; a silent one that waits keeps a
// processor from other goroutines meanwhile, which must not happen again soon.
const (
	slowWrite = 20 * time.Millisecond // the disk, and not the processor, kept it waiting
	cautious  = time.Minute           // how long writes are announced after a slow one
)

// writer writes at the end of a file. The zero value is ready.
type writer struct {
	announce time.Time // until when the scheduler is told of writes
}

// write writes b by one write(2), if the disk takes it whole. It returns how much
// was written, and an error if that is not all. Nobody closes f meanwhile.
func (w *writer) write(f *os.File, b []byte) (int, error) {
	began := time.Now()
	if began.Before(w.announce) {
		return f.Write(b)
	}
	n, errno := silent(f.Fd(), b)
	if time.Since(began) > slowWrite {
		w.announce = began.Add(cautious)
	}
	if n == len(b) {
		return n, nil
	}
	// What interrupted it, or is missing, is for the careful way to find out.
	if errno == 0 || errno == syscall.EINTR || errno == syscall.EAGAIN {
		more, err := f.Write(b[n:])
		return n + more, err
	}
	return n, os.NewSyscallError("write", errno)
}

// silent is write(2) without the scheduler's knowledge.
//
//nolint:gosec // G103: handed to the kernel where it lies
func silent(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
