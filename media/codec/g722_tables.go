package codec

// The tables of ITU-T G.722.

const qmfLength = 24

// qmf is one half of the symmetric filter bank (table 11).
var qmf = [qmfLength / 2]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

// lowLevels are the decision levels of the lower band (Q6, table 14); the first is
// not used.
var lowLevels = [30]int{
	0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
	714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
}

// lowWeights adapt the step of the lower band, by the upper four bits of a code (WL
// and RL42).
var lowWeights = [16]int{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}

// highWeights do so for the higher band (WH).
var highWeights = [4]int{798, -214, 798, -214}

// steps are the mantissas of a step (ILB).
var steps = [32]int{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}

// What the codes stand for, in steps: two bits of the higher band (QM2), four and
// six of the lower one (QM4, QM6).
var (
	high2 = [4]int{-7408, -1616, 7408, 1616}
	low4  = [16]int{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
		20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	low6 = [64]int{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
)
