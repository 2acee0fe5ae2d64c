package dev.hone.data.chat;

/**
 * One turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant} or {@code tool}
 * @param content what is said
 */
public record Message(String role, String content) {

  public boolean isAssistant() {
    return role.equals("assistant");
  }
}
