package dev.hone.evaluate;

import dev.hone.error.HoneException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Whether an answer is the expected text.
 *
 * @param collapseSpace take any run of Unicode white space as one space, and none at the ends
 * @param ignoreCase compare without regard to case, in no particular language
 */
public record ExactMatch(boolean collapseSpace, boolean ignoreCase) {
  private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  /** Character for character. */
  public static ExactMatch strict() {
    return new ExactMatch(false, false);
  }

  /** Neither white space nor case matters. */
  public static ExactMatch lenient() {
    return new ExactMatch(true, true);
  }

  public boolean matches(String gold, String predicted) {
    return normalize(gold).equals(normalize(predicted));
  }

  /**
   * Share of rows that match, with its binomial standard error.
   *
   * @throws HoneException when there is no row
   */
  public Estimate score(List<String> gold, List<String> predicted) {
    if (gold.size() != predicted.size()) {
      throw new IllegalArgumentException(
          gold.size() + " gold answers, but " + predicted.size() + " predictions");
    }
    if (gold.isEmpty()) {
      throw new HoneException("no answer to score: expected at least one test row");
    }
    int hits = 0;
    for (int row = 0; row < gold.size(); row++) {
      if (matches(gold.get(row), predicted.get(row))) {
        hits++;
      }
    }
    return Estimate.share(hits, gold.size());
  }

  private String normalize(String text) {
    String spaced = collapseSpace ? SPACE.matcher(text).replaceAll(" ").strip() : text;
    // Up, then down: so that "ß" meets "SS" and the two small sigmas meet.
    return ignoreCase ? spaced.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT) : spaced;
  }
}
