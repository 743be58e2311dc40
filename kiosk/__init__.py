"""The station: buttons, lights, microphone, speaker, and the conversation with the visitor."""
