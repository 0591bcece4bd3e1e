// Package e2e holds the end-to-end tests: strowger as a process on its demo
// configuration, with sipp and baresip as the carrier and the phones, and what
// the call left in the record afterwards.
//
// # How
//
// The test binary is the node too: started again with a mark in its environment
// it runs the command line. The node is therefore built from the tree that is
// tested, with the race detector if the tests have it, and go test knows when a
// result is out of date.
//
// Everything has a loopback address of its own (host), with the ports that the
// demo configuration names: tests run side by side and beside a running node.
// Nothing leaves 127.0.0.0/8.
//
// A test says what each side sends and awaits (scenario_test.go); sipp does it
// and fails on anything else. Then come the records: a test states how the call
// ended and by whom, and that no other call was recorded. A node must end cleanly
// on SIGTERM, without a stack trace or a data race in its output.
//
// Programs that are not installed skip the tests that need them, by name.
//
// # What is shown
//
// Calls are sipp's on both sides, but where a party's SIP is written out: a stranger's
// datagrams, and a carrier that breaks its connection. Kamailio, baresip and linphone
// have the tests that name them. TestRows holds the names to what there is.
//
//	Transports
//	  UDP, TCP, TLS             TestSeatAnswers TestTCP TestTrunkOverTCP TestTLSTrunk TestTLSTrunkByName
//	  IPv6, two networks        TestIPv6
//	  keep-alive: CRLF, STUN    TestKeepAlive
//	  over 1300 bytes: TCP      TestLargeRequest
//	  broken connections        TestTrunkCloses TestTrunkReturns TestPhoneGone
//	Order and races
//	  CANCEL crosses 200        TestCancel TestAnswersAfterCancel
//	  ACK lost, 200 again       TestNoAck TestRepeatedAnswer TestRepliesRepeated
//	  BYE crosses               TestByesCross TestByeCrossesReinvite
//	  INVITE again, merged      TestInviteRepeated TestMerged
//	  forks                     TestForks TestBothAnswer TestFirstToAnswer
//	  glare, both ways          TestGlare TestOffersCross
//	  late replies              TestRepliesRepeated
//	  Timer C                   TestTryingForEver TestNoAnswer
//	  CANCEL never answered     TestLongCalls
//	Dialogs
//	  PRACK                     TestPrack
//	  UPDATE                    TestUpdate TestEarlyUpdate
//	  session timers            TestSession TestLongCalls
//	  late offer                TestLateOffer
//	  routes, targets           TestStrictRouter TestTargetMoves TestCarrierBehindProxy TestPhoneBehindProxy
//	  early media, 183 and 200  TestEarlyMedia TestAnswerChanges
//	  hold                      TestHold TestOldHolds TestDesksHold
//	  codecs                    TestOtherCodec TestProfile
//	  T.38, video               TestOtherMedia TestFaxAlone
//	  multipart, INFO, OPTIONS  TestNotUnderstood TestUnrecorded TestReachedByINFO TestKeyByINFO
//	  405, 415, 420, 481, 483   TestNotUnderstood TestUnrecorded
//	Transfer
//	  blind, in vain, again     TestSeatTransfers TestTransferFails TestTransferredAgain TestTransferIsHeard
//	  by whom                   TestWhoTransfers TestCarrierMayNotTransfer TestOperatorTransfers
//	  attended                  TestTransferAttended TestAttendedInVain TestDesksTransferAttended
//	  Replaces, also early      TestReplaces
//	  pick-up, park             TestPickup TestPark
//	  supervision               TestSupervisorIsHeardAsAsked TestRecordingOfASupervisedCall TestSuperviseByCode
//	  conferences, three-way    TestConferenceIsHeard TestConferencePIN TestThreeWay
//	Identity
//	  who calls, withheld       TestCarrierSaysWhoCalls TestSeatSaysWhoCalls
//	  Diversion, History-Info   TestDiverted TestForwardByCode TestForwardUnanswered
//	  Reason                    TestHangUp TestRefused TestReasonIsTold TestFirstToAnswer
//	  Session-ID                TestSessionID
//	Trunks
//	  next carrier, late 200    TestNextCarrier TestBusyIsBusy
//	  3xx                       TestMoved
//	  challenges, registration  TestCarrierChallenges TestRegisteredTrunk
//	  DNS                       TestTrunkByName TestTrunkUnresolved
//	  profile                   TestProfile
//	  health                    TestTrunkHealth
//	  emergency calls           TestEmergency TestEmergencyBeyondLimit TestEmergencyCallback
//	Security
//	  forged requests           TestForged TestForgedCancel TestForeignBYE
//	  passwords kept            TestPhoneChallenges TestCarrierChallenges
//	  sent nowhere else         TestSentNowhereElse TestForgedPath TestUnlistedSound TestStrangeSound
//	  SRTP only                 TestSRTPOnly
//	  payment windows           TestPaymentWindow
//	  guessing                  TestGuesser TestScanner
//	  what a seat may call      TestClassOfService TestCallsOfASeat
//	  amplification, floods     TestNoAmplification TestFlood TestHostile TestMutated TestTorture
//	Seeing
//	  capture server (HEP3)     TestHomer TestHomerRegistrations TestKamailioCaptures
//	Phones that watch
//	  lamps, limits             TestBusyLamp TestMessageLamp TestTooManyLamps TestUnknownSubscription
package e2e
