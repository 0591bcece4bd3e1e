//go:build perfprof

package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

func init() {
	dir := os.Getenv("STROWGER_PROF")
	if dir == "" {
		return
	}
	runtime.MemProfileRate = 16384
	go func() {
		time.Sleep(5500 * time.Millisecond)
		var a, b runtime.MemStats
		runtime.ReadMemStats(&a)
		f, _ := os.Create(dir + "/cpu.pprof")
		pprof.StartCPUProfile(f)
		time.Sleep(10 * time.Second)
		pprof.StopCPUProfile()
		f.Close()
		runtime.ReadMemStats(&b)
		runtime.GC()
		f, _ = os.Create(dir + "/mem.pprof")
		pprof.Lookup("allocs").WriteTo(f, 0)
		f.Close()
		f, _ = os.Create(dir + "/ms.txt")
		println("x")
		f.WriteString(time.Now().String() + "\n")
		w := func(s string, n uint64) { f.WriteString(s + " " + itoa(n) + "\n") }
		w("mallocs", b.Mallocs-a.Mallocs)
		w("bytes", b.TotalAlloc-a.TotalAlloc)
		w("gcs", uint64(b.NumGC-a.NumGC))
		w("heap", b.HeapAlloc)
		w("goroutines", uint64(runtime.NumGoroutine()))
		f.Close()
	}()
}

func itoa(n uint64) string {
	if n == 0 {
		return "0"
	}
	var b [20]byte
	i := len(b)
	for ; n > 0; n /= 10 {
		i--
		b[i] = byte('0' + n%10)
	}
	return string(b[i:])
}
