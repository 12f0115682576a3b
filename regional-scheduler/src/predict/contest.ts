/**
 * Champion against challenger: both predict each job that ends, the one with the smaller error in logarithms wins it.
 * While neither is better, betting a tenth on one of them multiplies what one has by 1 on average, so that a thousand
 * times what one began with is seen with a chance of one in a thousand at the most, whenever one looks (Ville 1939;
 * Ramdas et al., "Game-theoretic statistics and safe anytime-valid inference", 2023).
 */
export interface Contest {
  jobs: number;
  challengerWins: number;
  /** What the two bets have come to, in logarithms. */
  forChallenger: number;
  forChampion: number;
  championError: number;
  challengerError: number;
}

export function newContest(): Contest {
  return {
    jobs: 0,
    challengerWins: 0,
    forChallenger: 0,
    forChampion: 0,
    championError: 0,
    challengerError: 0,
  };
}

const stake = 0.1;
const sure = Math.log(1000);
/** After so many without a winner the two are as good as each other, and the newcomer goes. */
const jobsMax = 20_000;

export function contend(contest: Contest, championError: number, challengerError: number): void {
  contest.jobs++;
  contest.championError += championError;
  contest.challengerError += challengerError;
  if (championError === challengerError) return;
  const isWon = challengerError < championError;
  if (isWon) contest.challengerWins++;
  contest.forChallenger += Math.log(isWon ? 1 + stake : 1 - stake);
  contest.forChampion += Math.log(isWon ? 1 - stake : 1 + stake);
}

/** The winner, as soon as it is sure. One that wins most jobs but errs more in sum has not won. */
export function winnerOf(contest: Contest): 'challenger' | 'champion' | null {
  const { forChallenger, forChampion, championError, challengerError, jobs } = contest;
  if (forChallenger >= sure && challengerError < championError) return 'challenger';
  return forChampion >= sure || jobs >= jobsMax ? 'champion' : null;
}
