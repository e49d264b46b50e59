"""Pictures in Midjourney's manner: commands, buttons, the message that follows a job, the grid."""
