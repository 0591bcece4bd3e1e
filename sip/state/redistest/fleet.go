package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// slots is how many hash slots a Redis Cluster has.
const slots = 16384

// Cluster runs a Redis Cluster of masters without replicas.
func (s Setup) Cluster(tb testing.TB, masters int) (url string, servers []*Server) {
	tb.Helper()
	var busPorts []string
	for range masters {
		servers = append(servers, s.run(tb, func(addr string) []string {
			// The bus's usual port, 10000 above the server's, may not exist.
			busPort := freePort(tb)
			busPorts = append(busPorts[:len(servers)], busPort)
			return append(s.data(tb, addr), "--cluster-enabled", "yes", "--cluster-port", busPort, "--cluster-node-timeout", "5000")
		}))
	}
	for i, server := range servers {
		c := server.Client(tb)
		err := c.ClusterAddSlotsRange(tb.Context(), i*slots/masters, (i+1)*slots/masters-1).Err()
		if err == nil {
			err = c.Do(tb.Context(), "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err()
		}
		if err == nil && i > 0 {
			_, port, _ := net.SplitHostPort(servers[0].Addr)
			err = c.Do(tb.Context(), "CLUSTER", "MEET", host, port, busPorts[0]).Err()
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	for _, server := range servers {
		c := server.Client(tb)
		until(tb, "the cluster is whole", func() (bool, string) {
			info, err := c.ClusterInfo(tb.Context()).Result()
			whole := strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_size:"+strconv.Itoa(masters)+"\r\n")
			return whole, fmt.Sprint(info, err)
		})
	}
	return s.url(servers[:1], "cluster=true"), servers
}

// MasterName is what sentinels call the master that they watch.
const MasterName = "strowger"

// Sentinels is a primary and a replica, watched by sentinels. They agree that a
// server is lost after a second without an answer.
type Sentinels struct {
	Primary, Replica *Server // at the start
	Sentinels        []*Server
	URL              string
}

// Sentinels runs a primary, a replica and sentinels, of which most must agree, and
// waits until they could replace the primary.
func (s Setup) Sentinels(tb testing.TB, sentinels int) *Sentinels {
	tb.Helper()
	f := &Sentinels{Primary: s.Server(tb)}
	primaryHost, primaryPort, _ := net.SplitHostPort(f.Primary.Addr)
	f.Replica = s.Server(tb, "--replicaof", primaryHost+" "+primaryPort)
	replica := f.Replica.Client(tb)
	until(tb, "the replica follows the primary", func() (bool, string) {
		info, err := replica.Info(tb.Context(), "replication").Result()
		return strings.Contains(info, "master_link_status:up"), fmt.Sprint(info, err)
	})
	for range sentinels {
		f.Sentinels = append(f.Sentinels, s.sentinel(tb, f.Primary.Addr, sentinels/2+1))
	}
	for _, server := range f.Sentinels {
		f.ready(tb, server, sentinels)
	}
	f.URL = s.url(f.Sentinels, "sentinel="+MasterName)
	return f
}

// sentinel runs one, which keeps what it learns in its configuration file.
func (s Setup) sentinel(tb testing.TB, primary string, quorum int) *Server {
	tb.Helper()
	primaryHost, primaryPort, _ := net.SplitHostPort(primary)
	return s.run(tb, func(addr string) []string {
		file := filepath.Join(tb.TempDir(), "sentinel.conf")
		text := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s %[4]d\n"+
			"sentinel down-after-milliseconds %[1]s 1000\n"+
			"sentinel failover-timeout %[1]s 5000\n", MasterName, primaryHost, primaryPort, quorum)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		return append([]string{file, "--sentinel"}, s.listen(addr)...)
	})
}

// ready waits until a sentinel knows the others, and a replica that is fit to be
// promoted: without one a failover is given up.
func (f *Sentinels) ready(tb testing.TB, sentinel *Server, sentinels int) {
	tb.Helper()
	c := sentinel.Client(tb)
	until(tb, "a sentinel knows the others", func() (bool, string) {
		reply, err := c.Do(tb.Context(), "SENTINEL", "MASTER", MasterName).Result()
		fields, _ := reply.(map[any]any)
		return fields["num-other-sentinels"] == strconv.Itoa(sentinels-1), fmt.Sprint(reply, err)
	})
	until(tb, "a sentinel knows the replica", func() (bool, string) {
		reply, err := c.Do(tb.Context(), "SENTINEL", "REPLICAS", MasterName).Result()
		list, _ := reply.([]any)
		if len(list) != 1 {
			return false, fmt.Sprint(reply, err)
		}
		fields, _ := list[0].(map[any]any)
		return fields["master-link-status"] == "ok", fmt.Sprint(reply, err)
	})
}
