package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.error.HoneException;
import org.junit.jupiter.api.Test;

/** A line end or an escape sequence in a file's key reached the terminal through the refusal. */
class MessageThatQuotesControlCharactersTest {
  @Test
  void theyAreShownNotDone() {
    assertEquals(
        "key 'a\\nb\\u001b[31m\\u202e' is wrong",
        new HoneException("key 'a\nb\u001b[31m\u202e' is wrong").getMessage());
    assertEquals("käse \ud83e\uddc0", new HoneException("käse \ud83e\uddc0").getMessage());
  }
}
