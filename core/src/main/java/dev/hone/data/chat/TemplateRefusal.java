package dev.hone.data.chat;

/** What a template says by calling {@code raise_exception}: it cannot write this conversation. */
final class TemplateRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TemplateRefusal(String message) {
    super(message);
  }
}
