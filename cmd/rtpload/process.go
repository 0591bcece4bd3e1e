package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// usage is what /proc tells of a process.
type usage struct {
	cpu    time.Duration // user and system
	memory int           // resident bytes
}

// clockTick is the unit of /proc/PID/stat: USER_HZ is 100 on every Linux.
const clockTick = 10 * time.Millisecond

func usageOf(pid int) (usage, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:]) // from field 3, state
	if len(fields) < 22 {
		return usage{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	var values [3]int
	for i, field := range []int{14, 15, 24} { // utime, stime, rss
		if values[i], err = strconv.Atoi(string(fields[field-3])); err != nil {
			return usage{}, err
		}
	}
	return usage{time.Duration(values[0]+values[1]) * clockTick, values[2] * os.Getpagesize()}, nil
}
