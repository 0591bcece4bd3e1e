// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
//
// The kernel data plane of Strowger: at the ingress of an interface it carries RTP
// of one leg to the leg that hears it. This file alone is under the licences named
// above, at your choice, as some helpers are for GPL-compatible programs only.
//
// A packet is carried if it comes from the locked source of an entry, with its SSRC
// and a payload type that is passed as it is. Everything else goes up to the sockets
// that the control plane keeps bound, bounded by rate for each leg.
//
// Compiled by `go generate`; the object is committed beside it.

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NEXT (-1)           /* TC_ACT_UNSPEC and TCX_NEXT: leave it to others, and then to the stack */
#define REFUSED 0xff        /* a payload type that is not passed */
#define HOPS 64             /* TTL of what goes out */
#define MAX_DROPOUT 3000    /* RFC 3550, A.1 */
#define MAX_MISORDER 100    /* the same */
#define PCMU 0              /* static payload types (RFC 3551) */
#define PCMA 8
#define WINDOW 64           /* sequence numbers among which duplicates are found */
#define MAX_COPY 1600       /* bytes of payload that a copy has at most */

/* What goes up of an entry, as an interval in nanoseconds and how many at once. */
#define STRANGER_EVERY 100000000ull
#define STRANGER_BURST 10
#define PARTY_EVERY 5000000ull
#define PARTY_BURST 40

struct key {
	__u8 addr[16]; /* an IPv4 address is mapped into IPv6 */
	__be16 port;
	__u16 zero;
};

/* entry is written by the control plane alone, and replaced whole. */
struct entry {
	__u64 deadline; /* CLOCK_MONOTONIC, ns: it carries nothing from then on */
	__u8 from[16];  /* the locked source */
	__u8 src[16];   /* of what goes out */
	__u8 dst[16];
	__be16 from_port, src_port, dst_port;
	__u16 seq;         /* added to the sequence */
	__be32 ssrc_in;    /* of the source */
	__be32 ssrc_out;   /* of what goes out */
	__u32 timestamp;   /* added to the timestamp */
	__u32 ifindex;     /* where it goes out */
	__u32 slot;        /* of its figures */
	__u32 generation;  /* that the figures must have */
	__u32 unit;        /* of the timestamp, in 1/4096 ns */
	__u8 tos;          /* DSCP << 2 */
	__u8 copies;       /* 1: a copy of each packet goes to the control plane */
	__u16 length;      /* of every payload; 0 for any */
	__u8 types[128];   /* what goes out by the payload type that comes in */
	char label[64];    /* for the control plane */
};

/* figures are written by this program; the control plane sets them while no entry
 * refers to them. A stream stays on one queue and so on one processor: what is not
 * added atomically has one writer. */
struct figures {
	__u32 generation;
	__u32 highest;    /* sequence, extended */
	__u64 seen;       /* bit n: highest-n came */
	__u64 packets;    /* taken from the source, duplicates among them */
	__u64 bytes;      /* of payload */
	__u64 sent;
	__u64 sent_bytes;
	__u64 duplicates;
	__u64 reordered;
	__u64 foreign;    /* of strangers, dropped */
	__u64 limited;    /* of the source, dropped as too many went up */
	__u64 raised;     /* went up */
	__u64 expired;    /* came past the deadline and went up */
	__u64 last;       /* arrival, CLOCK_MONOTONIC, ns; 0 for none */
	__u64 at;         /* arrival of the highest; 0 for none */
	__u64 gap;        /* longest between two packets, ns */
	__u64 jitter;     /* RFC 3550 A.8, in 1/16 ns */
	__u32 timestamp;  /* of the highest */
	__u32 payload;    /* payload type of the last packet */
	__u64 stranger;   /* when the rates are even again */
	__u64 party;
	__u64 uncopied;   /* sent, but there was no room for the copy */
	__u64 looked;     /* at whether it is silent */
	__u64 heard;      /* and it was not */
	__u64 loud;       /* arrival of the last of those; 0 for none */
};

/* copy is a packet as it came. */
struct copy {
	__u64 at; /* arrival, CLOCK_MONOTONIC, ns */
	__u32 slot, generation;
	__u32 timestamp, ssrc;
	__u16 seq;
	__u16 length; /* of the payload, of which MAX_COPY bytes follow at most */
	__u8 type;
	__u8 zero[3];
	__u8 payload[MAX_COPY];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct key);
	__type(value, struct entry);
} entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct figures);
} figures SEC(".maps");

/* A packet is put together here, as a place in the ring has to be of a size that is
 * known beforehand. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct copy);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} copies SEC(".maps");

struct rtp {
	__u8 flags, type;
	__be16 seq;
	__be32 timestamp, ssrc;
};

static __always_inline int same(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;
	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline void map4(void *to, __be32 addr)
{
	__u32 *w = to;
	w[0] = 0;
	w[1] = 0;
	w[2] = bpf_htonl(0xffff);
	w[3] = addr;
}

/* allow is a bucket of burst tokens, one more each interval. */
static __always_inline int allow(__u64 *even, __u64 now, __u64 every, __u64 burst)
{
	__u64 at = *even > now ? *even : now;
	if (at - now >= burst * every)
		return 0;
	*even = at + every;
	return 1;
}

static __always_inline int stranger(struct figures *f, __u64 now)
{
	if (allow(&f->stranger, now, STRANGER_EVERY, STRANGER_BURST)) {
		__sync_fetch_and_add(&f->raised, 1);
		return NEXT;
	}
	__sync_fetch_and_add(&f->foreign, 1);
	return TC_ACT_SHOT;
}

static __always_inline int raise(struct figures *f, __u64 now)
{
	if (allow(&f->party, now, PARTY_EVERY, PARTY_BURST)) {
		__sync_fetch_and_add(&f->raised, 1);
		return NEXT;
	}
	__sync_fetch_and_add(&f->limited, 1);
	return TC_ACT_SHOT;
}

enum verdict { CARRY, DUPLICATE, JUMP };

/* sequence judges a packet as RFC 3550, A.1 does. */
static __always_inline enum verdict sequence(struct figures *f, __u16 seq)
{
	__u16 ahead = seq - (__u16)f->highest;
	if (ahead == 0) {
		f->duplicates++;
		return DUPLICATE;
	}
	if (ahead < MAX_DROPOUT) {
		f->highest += ahead;
		f->seen = ahead < WINDOW ? f->seen << ahead | 1 : 1;
		return CARRY;
	}
	if (ahead <= 0xffff - MAX_MISORDER)
		return JUMP;
	__u16 back = -ahead;
	if (back < WINDOW) {
		__u64 bit = 1ull << back;
		if (f->seen & bit) {
			f->duplicates++;
			return DUPLICATE;
		}
		f->seen |= bit;
	}
	f->reordered++;
	return CARRY;
}

/* heard keeps the time of a packet, whichever plane takes it. */
static __always_inline void heard(struct figures *f, __u64 now)
{
	if (f->last && now - f->last > f->gap)
		f->gap = now - f->last;
	f->last = now;
}

/* arrival keeps the times of a packet that is carried. Jitter is measured from one highest packet to
 * the next. */
static __always_inline void arrival(struct figures *f, const struct entry *e, __u64 now, __u32 timestamp, int highest)
{
	heard(f, now);
	if (!highest)
		return;
	if (f->at) {
		__s64 sent = (__s64)(__s32)(timestamp - f->timestamp) * e->unit >> 12;
		__s64 d = (__s64)(now - f->at) - sent;
		if (d < 0)
			d = -d;
		f->jitter += d - ((f->jitter + 8) >> 4);
	}
	f->at = now;
	f->timestamp = timestamp;
}

/* addresses are those of a packet. */
struct addresses {
	__u8 src[16], dst[16];
};

/* rewrite puts the headers of what goes out in place of those that came. l4 is where
 * UDP begins. The checksum of UDP may be partial: addresses belong to its pseudo
 * header, the rest does not. */
static __always_inline int rewrite(struct __sk_buff *skb, const struct entry *e, int v6, __u32 l4, struct rtp *in, struct rtp *out)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct udphdr *udp;
	struct {
		__be16 src, dst;
		struct rtp rtp;
	} before, after;
	__s64 pseudo;
	int flags = v6 ? 0 : BPF_F_MARK_MANGLED_0;

	if (v6) {
		struct ipv6hdr *ip = data + ETH_HLEN;
		if ((void *)(ip + 1) + sizeof(*udp) > end)
			return -1;
		pseudo = bpf_csum_diff((void *)&ip->saddr, 32, (void *)e->src, 32, 0);
		udp = (void *)(ip + 1);
	} else {
		struct iphdr *ip = data + ETH_HLEN;
		if ((void *)(ip + 1) + sizeof(*udp) > end)
			return -1;
		__be32 addr[2] = {*(__be32 *)&e->src[12], *(__be32 *)&e->dst[12]};
		pseudo = bpf_csum_diff((void *)&ip->saddr, 8, addr, 8, 0);
		udp = (void *)(ip + 1);
	}
	before.src = udp->source;
	before.dst = udp->dest;
	before.rtp = *in;
	after.src = e->src_port;
	after.dst = e->dst_port;
	after.rtp = *out;
	__s64 diff = bpf_csum_diff((void *)&before, sizeof(before), (void *)&after, sizeof(after), 0);
	__u32 check = l4 + __builtin_offsetof(struct udphdr, check);
	if (bpf_l4_csum_replace(skb, check, 0, pseudo, flags | BPF_F_PSEUDO_HDR) ||
	    bpf_l4_csum_replace(skb, check, 0, diff, flags))
		return -1;

	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (v6) {
		struct ipv6hdr *ip = data + ETH_HLEN;
		udp = (void *)(ip + 1);
		if ((void *)(udp + 1) + sizeof(*out) > end)
			return -1;
		*(__be32 *)ip = bpf_htonl(6u << 28 | (__u32)e->tos << 20);
		ip->hop_limit = HOPS;
		__builtin_memcpy(&ip->saddr, e->src, 16);
		__builtin_memcpy(&ip->daddr, e->dst, 16);
	} else {
		struct iphdr *ip = data + ETH_HLEN;
		udp = (void *)(ip + 1);
		if ((void *)(udp + 1) + sizeof(*out) > end)
			return -1;
		ip->tos = e->tos;
		ip->ttl = HOPS;
		ip->saddr = *(__be32 *)&e->src[12];
		ip->daddr = *(__be32 *)&e->dst[12];
		ip->check = 0;
		__u32 sum = bpf_csum_diff(0, 0, (void *)ip, sizeof(*ip), 0);
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		ip->check = ~sum;
	}
	udp->source = e->src_port;
	udp->dest = e->dst_port;
	*(struct rtp *)(udp + 1) = *out;
	return 0;
}

/* find reads the headers. It returns where UDP begins, or 0 for what is none of ours;
 * payload is how long the datagram is. */
static __always_inline __u32 find(struct __sk_buff *skb, int *v6, struct addresses *a, struct udphdr *u, struct rtp *r, __u32 *payload)
{
	/* The frame of a VLAN belongs to its device, which has the packet after us; a
	 * train of packets goes to the stack, which parts it. */
	if (skb->vlan_present || skb->gso_size)
		return 0;
	*v6 = skb->protocol == bpf_htons(ETH_P_IPV6);
	if (!*v6 && skb->protocol != bpf_htons(ETH_P_IP))
		return 0;
	__u32 l4 = ETH_HLEN + (*v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	__u32 need = l4 + sizeof(*u) + sizeof(*r);
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	if (data + need > end) {
		if (bpf_skb_pull_data(skb, need))
			return 0;
		data = (void *)(long)skb->data;
		end = (void *)(long)skb->data_end;
	}
	struct udphdr *udp;
	__u32 length;
	if (*v6) {
		struct ipv6hdr *ip = data + ETH_HLEN;
		udp = (void *)(ip + 1);
		if ((void *)(udp + 1) + sizeof(*r) > end || ip->nexthdr != IPPROTO_UDP)
			return 0;
		__builtin_memcpy(a, &ip->saddr, sizeof(*a));
		length = bpf_ntohs(ip->payload_len);
	} else {
		struct iphdr *ip = data + ETH_HLEN;
		udp = (void *)(ip + 1);
		if ((void *)(udp + 1) + sizeof(*r) > end || ip->protocol != IPPROTO_UDP)
			return 0;
		/* No options, no fragments. */
		if (ip->ihl != 5 || ip->version != 4 || ip->frag_off & bpf_htons(0x3fff))
			return 0;
		map4(a->src, ip->saddr);
		map4(a->dst, ip->daddr);
		length = bpf_ntohs(ip->tot_len) - sizeof(*ip);
	}
	*u = *udp;
	*r = *(struct rtp *)(udp + 1);
	if (length != bpf_ntohs(udp->len) || length < sizeof(*udp) + sizeof(*r) || skb->len < l4 + length)
		return 0;
	*payload = length - sizeof(*udp);
	return l4;
}

/* copy puts a packet into the ring. Nobody is woken by it: the control plane looks
 * every few milliseconds. at is where the payload begins. */
static __always_inline int copy(struct __sk_buff *skb, const struct entry *e, const struct rtp *in, __u64 now, __u32 at, __u32 length)
{
	__u32 zero = 0;
	struct copy *c = bpf_map_lookup_elem(&scratch, &zero);
	if (!c)
		return -1;
	c->at = now;
	c->slot = e->slot;
	c->generation = e->generation;
	c->timestamp = bpf_ntohl(in->timestamp);
	c->ssrc = bpf_ntohl(in->ssrc);
	c->seq = bpf_ntohs(in->seq);
	c->length = length;
	c->type = in->type & 0x7f;
	if (length > MAX_COPY)
		length = MAX_COPY;
	if (length == 0 || bpf_skb_load_bytes(skb, at, c->payload, length))
		return -1;
	return bpf_ringbuf_output(&copies, c, __builtin_offsetof(struct copy, payload) + length, BPF_RB_NO_WAKEUP);
}

/* look tells silence from sound by one code of a packet of G.711, another one each time:
 * A-law is silent up to a sample of 8, mu-law up to 16, which is -60 dBm0. */
static __always_inline void look(struct __sk_buff *skb, struct figures *f, __u64 now, const struct rtp *r, __u32 from, __u32 length)
{
	__u8 type = r->type & 0x7f, code = 0;
	if ((type != PCMU && type != PCMA) || !length)
		return;
	if (bpf_skb_load_bytes(skb, from + bpf_ntohs(r->seq) * 7u % length, &code, 1))
		return;
	f->looked++;
	code |= 0x80;
	if (type == PCMU ? code >= 0xfd : code == 0xd5)
		return;
	f->heard++;
	f->loud = now;
}

SEC("tc")
int forward(struct __sk_buff *skb)
{
	struct addresses a = {};
	struct udphdr udp = {};
	struct rtp in = {}, out;
	struct key k = {};
	__u32 payload = 0;
	int v6 = 0;

	__u32 l4 = find(skb, &v6, &a, &udp, &in, &payload);
	if (!l4)
		return NEXT;
	__builtin_memcpy(k.addr, a.dst, 16);
	k.port = udp.dest;
	struct entry *e = bpf_map_lookup_elem(&entries, &k);
	if (!e)
		return NEXT;
	struct figures *f = bpf_map_lookup_elem(&figures, &e->slot);
	if (!f || f->generation != e->generation)
		return NEXT;
	__u64 now = bpf_ktime_get_ns();
	if (now >= e->deadline) {
		__sync_fetch_and_add(&f->expired, 1);
		return NEXT;
	}
	if (!same(a.src, e->from) || udp.source != e->from_port)
		return stranger(f, now);

	/* Version 2, and neither padding, extension nor contributing sources. */
	__u8 type = e->types[in.type & 0x7f];
	if (in.flags != 0x80 || in.ssrc != e->ssrc_in || payload <= sizeof(in))
		return raise(f, now);
	if (type == REFUSED || (e->length && payload - sizeof(in) != e->length)) {
		heard(f, now);
		return raise(f, now);
	}

	__u32 highest = f->highest, timestamp = bpf_ntohl(in.timestamp);
	enum verdict v = sequence(f, bpf_ntohs(in.seq));
	if (v == JUMP)
		return raise(f, now);
	arrival(f, e, now, timestamp, f->highest != highest);
	f->packets++;
	f->bytes += payload - sizeof(in);
	f->payload = in.type & 0x7f;
	if (v == DUPLICATE)
		return TC_ACT_SHOT;

	out.flags = in.flags;
	out.type = type | (in.type & 0x80);
	out.seq = bpf_htons(bpf_ntohs(in.seq) + e->seq);
	out.timestamp = bpf_htonl(timestamp + e->timestamp);
	out.ssrc = e->ssrc_out;
	if (rewrite(skb, e, v6, l4, &in, &out))
		return TC_ACT_SHOT;
	f->sent++;
	f->sent_bytes += payload - sizeof(in);
	look(skb, f, now, &in, l4 + sizeof(udp) + sizeof(in), payload - sizeof(in));
	if (e->copies && copy(skb, e, &in, now, l4 + sizeof(udp) + sizeof(in), payload - sizeof(in)))
		f->uncopied++;
	return bpf_redirect_neigh(e->ifindex, 0, 0, 0);
}

char __license[] SEC("license") = "Dual BSD/GPL";
